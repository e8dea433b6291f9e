using System.Data.Common;
using System.Reflection;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Varve.Api.Identity;

/// <summary>
/// The file <c>identity.db</c>: one connection, used in turns, since what is asked often is kept in memory by
/// <see cref="Accounts"/>.
/// </summary>
sealed class SqliteIdentityDatabase : IdentityDatabase
{
    readonly SqliteConnection connection;
    readonly SemaphoreSlim turn = new(1);

    static SqliteIdentityDatabase() => Batteries_V2.Init();

    SqliteIdentityDatabase(SqliteConnection connection) => this.connection = connection;

    /// <summary>Nobody else writes here.</summary>
    public override TimeSpan RememberedFor => TimeSpan.FromMinutes(1);

    /// <summary>Opens the file, or makes it, and brings its schema up to date.</summary>
    /// <exception cref="InvalidOperationException">It is of a newer version of Varve.</exception>
    public static async Task<SqliteIdentityDatabase> Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()
        );
        var database = new SqliteIdentityDatabase(connection);
        try
        {
            await connection.OpenAsync();
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            // Keys that are destroyed must not live on in free pages.
            await database.Execute(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
                PRAGMA secure_delete = ON;
                """
            );
            await database.Upgrade();
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> Execute(string sql, params (string Name, object? Value)[] values)
    {
        using var held = await Turn();
        await using var command = CommandOf(connection, sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    public override async ValueTask ExecuteTogether(string sql, params (string Name, object? Value)[] values)
    {
        using var held = await Turn();
        await using var transaction = connection.BeginTransaction();
        await using var command = CommandOf(connection, sql, values);
        command.Transaction = transaction;
        await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public override async ValueTask<List<TRow>> List<TRow>(
        string sql,
        Func<DbDataReader, TRow> read,
        params (string Name, object? Value)[] values
    )
    {
        using var held = await Turn();
        await using var command = CommandOf(connection, sql, values);
        return await Rows(command, read);
    }

    /// <summary>Pages are zeroed by <c>secure_delete</c>, the log of writes is emptied here.</summary>
    public override async ValueTask Shred() => await Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    public override async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        turn.Dispose();
    }

    async ValueTask<Held> Turn()
    {
        await turn.WaitAsync();
        return new Held(turn);
    }

    /// <summary>Each script of <c>sql/sqlite-identity</c> runs once; <c>user_version</c> counts them.</summary>
    async Task Upgrade()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var scripts = assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith("sql/sqlite-identity/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();
        var done = (await List("PRAGMA user_version", row => row.GetInt32(0)))[0];
        if (done > scripts.Count)
            throw new InvalidOperationException(
                $"{connection.DataSource} has schema {done}; this version of Varve knows {scripts.Count}: update it."
            );
        for (var number = done; number < scripts.Count; number++)
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(scripts[number])!);
            await ExecuteTogether($"{await text.ReadToEndAsync()} PRAGMA user_version = {number + 1}");
        }
    }

    readonly struct Held(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
