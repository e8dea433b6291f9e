using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Varve.Projections.Databases;

/// <summary>Read models in one SQLite file, in WAL mode: readers never wait for the writer.</summary>
public sealed class SqliteReadDatabase : IReadDatabase
{
    const int CacheKiB = 64 * 1024;
    const int ReaderCacheKiB = 4 * 1024;
    const int ReadersKeptMax = 32;

    /// <summary>64 MiB: a page that changes often is copied back once. Half the CPU time of 4 MiB a batch.</summary>
    const int WalPages = 16_000;

    readonly string path;

    static SqliteReadDatabase() => Batteries_V2.Init();

    /// <param name="path">A database that <see cref="Create"/> made.</param>
    public SqliteReadDatabase(string path)
    {
        this.path = path;
        Readers = new SessionPool(OpenReader, ReadersKeptMax);
    }

    internal SessionPool Readers { get; }

    /// <summary>Makes a new, empty database; what was at <paramref name="path"/> goes.</summary>
    public static async ValueTask Create(string path, CancellationToken cancel)
    {
        Delete(path);
        await using var connection = await Connect(path, SqliteOpenMode.ReadWriteCreate, [], cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = $"BEGIN; {SqliteSchema.Script} PRAGMA user_version = {SqliteSchema.Version}; COMMIT";
        await command.ExecuteNonQueryAsync(cancel);
    }

    public static void Delete(string path)
    {
        foreach (var suffix in (string[])["-wal", "-shm", "-journal", CondemnedSuffix, ""])
            File.Delete(path + suffix);
    }

    /// <summary>Why the file can't be used as it is: damaged, condemned, or of another schema; null if it
    /// can.</summary>
    public static async ValueTask<string?> WhatIsWrong(string path, CancellationToken cancel)
    {
        if (!File.Exists(path))
            return "it is missing";
        if (File.Exists(path + CondemnedSuffix))
            return await File.ReadAllTextAsync(path + CondemnedSuffix, cancel);
        try
        {
            await using var connection = await Connect(path, SqliteOpenMode.ReadWrite, [], cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version";
            var version = (long)(await command.ExecuteScalarAsync(cancel))!;
            return version == SqliteSchema.Version ? null : "its schema is another one";
        }
        catch (SqliteException fault)
        {
            return fault.Message;
        }
    }

    public async ValueTask<SqlSession> OpenWriter(CancellationToken cancel) =>
        new(
            await Connect(
                path,
                SqliteOpenMode.ReadWrite,
                [
                    "journal_mode = WAL",
                    "synchronous = NORMAL",
                    $"wal_autocheckpoint = {WalPages}",
                    $"cache_size = -{CacheKiB}",
                ],
                cancel
            )
        );

    public async ValueTask<SqlSession> OpenBulkWriter(CancellationToken cancel) =>
        new(
            await Connect(
                path,
                SqliteOpenMode.ReadWrite,
                ["journal_mode = MEMORY", "synchronous = OFF", "locking_mode = EXCLUSIVE", $"cache_size = -{CacheKiB}"],
                cancel
            )
        );

    public ValueTask<ReadLease> Read(CancellationToken cancel) => Readers.Rent(cancel);

    public SqlFault Judge(DbException fault) =>
        (fault as SqliteException)?.SqliteErrorCode switch
        {
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => SqlFault.Damage,
            raw.SQLITE_ERROR or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG or raw.SQLITE_RANGE =>
                SqlFault.Statement,
            _ => SqlFault.Passing,
        };

    public ValueTask Condemn(string reason) => new(File.WriteAllTextAsync(path + CondemnedSuffix, reason));

    public ValueTask DisposeAsync() => Readers.DisposeAsync();

    const string CondemnedSuffix = "-condemned";

    async ValueTask<SqlSession> OpenReader(CancellationToken cancel) =>
        new(
            await Connect(
                path,
                SqliteOpenMode.ReadWrite, // a reader of a WAL needs its shared memory
                ["query_only = ON", $"cache_size = -{ReaderCacheKiB}"],
                cancel
            )
        );

    static async ValueTask<SqliteConnection> Connect(
        string path,
        SqliteOpenMode mode,
        string[] pragmas,
        CancellationToken cancel
    )
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = mode,
                Pooling = false,
            }.ToString()
        );
        try
        {
            await connection.OpenAsync(cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = string.Join(';', pragmas.Prepend("busy_timeout = 5000").Select(p => $"PRAGMA {p}"));
            await command.ExecuteNonQueryAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
