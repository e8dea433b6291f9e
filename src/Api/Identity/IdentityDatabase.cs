using System.Data.Common;
using System.Reflection;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Varve.Api.Identity;

/// <summary>
/// The file <c>identity.db</c>: one connection, used in turns, since what is asked often is kept in memory by
/// <see cref="Accounts"/>. Every commit is on stable storage. Thread-safe.
/// </summary>
sealed class IdentityDatabase : IDisposable
{
    readonly SqliteConnection connection;
    readonly Lock turn = new();

    static IdentityDatabase() => Batteries_V2.Init();

    /// <summary>Opens the file, or makes it, and brings its schema up to date.</summary>
    public IdentityDatabase(string path)
    {
        connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()
        );
        connection.Open();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        try
        {
            // Keys that are destroyed must not live on in free pages.
            Execute(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
                PRAGMA secure_delete = ON;
                """
            );
            Upgrade();
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose() => connection.Dispose();

    /// <returns>Rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        lock (turn)
        {
            using var command = CommandOf(sql, values);
            return command.ExecuteNonQuery();
        }
    }

    /// <summary>What was deleted is in no file afterwards: pages are zeroed by <c>secure_delete</c>, the log of writes
    /// is emptied here.</summary>
    public void Checkpoint() => Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    /// <summary>The first row; null if there is none.</summary>
    public TRow? Find<TRow>(
        string sql,
        Func<DbDataReader, TRow> read,
        params ReadOnlySpan<(string Name, object? Value)> values
    )
        where TRow : class => List(sql, read, values) is [var first, ..] ? first : null;

    public List<TRow> List<TRow>(
        string sql,
        Func<DbDataReader, TRow> read,
        params ReadOnlySpan<(string Name, object? Value)> values
    )
    {
        lock (turn)
        {
            using var command = CommandOf(sql, values);
            using var reader = command.ExecuteReader();
            var rows = new List<TRow>();
            while (reader.Read())
                rows.Add(read(reader));
            return rows;
        }
    }

    SqliteCommand CommandOf(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Each script of <c>sql/sqlite-identity</c> runs once; <c>user_version</c> counts them.</summary>
    void Upgrade()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var scripts = assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith("sql/sqlite-identity/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();
        var done = List("PRAGMA user_version", row => row.GetInt32(0))[0];
        if (done > scripts.Count)
            throw new InvalidOperationException(
                $"{connection.DataSource} has schema {done}; this version of Varve knows {scripts.Count}: update it."
            );
        for (var number = done; number < scripts.Count; number++)
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(scripts[number])!);
            Execute($"BEGIN; {text.ReadToEnd()} PRAGMA user_version = {number + 1}; COMMIT;");
        }
    }
}
