using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Varve.EventStores.Embedded;

/// <summary>
/// One SQLite connection by its plain C functions: a third of the cost of ADO.NET for such small statements.
/// Not thread-safe. Everything throws <see cref="SqliteException"/>.
/// </summary>
sealed class Database : IDisposable
{
    const int PagesWritten = 9; // SQLITE_DBSTATUS_CACHE_WRITE

    readonly sqlite3 handle;
    readonly List<Statement> statements = [];

    static Database() => Batteries_V2.Init();

    public Database(string path, Access access, TimeSpan busyTimeout)
    {
        var flags = access == Access.ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        var code = sqlite3_open_v2(path, out handle, flags | SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            Check(sqlite3_busy_timeout(handle, (int)busyTimeout.TotalMilliseconds));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Execute(string sql) => Check(sqlite3_exec(handle, sql));

    /// <summary>Lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(sqlite3_prepare_v3(handle, sql, SQLITE_PREPARE_PERSISTENT, out var prepared));
        var statement = new Statement(this, prepared);
        statements.Add(statement);
        return statement;
    }

    public long Ask(string sql)
    {
        var statement = Prepare(sql);
        var answer = statement.Step() ? statement.Int64(0) : 0;
        statement.Reset();
        return answer;
    }

    /// <summary>Pages put into the WAL by this connection since it was last asked.</summary>
    public int TakePagesWritten()
    {
        Check(sqlite3_db_status(handle, PagesWritten, out var pages, out _, 1));
        return pages;
    }

    /// <summary>Copies from the WAL into the database what no reader holds back.</summary>
    /// <returns>How many pages the WAL holds.</returns>
    public int Checkpoint(int mode)
    {
        var code = sqlite3_wal_checkpoint_v2(handle, null, mode, out var pages, out _);
        if (code != SQLITE_BUSY)
            Check(code);
        return pages;
    }

    public void Check(int code)
    {
        if (code is not (SQLITE_OK or SQLITE_ROW or SQLITE_DONE))
            SqliteException.ThrowExceptionForRC(code, handle);
    }

    public void Dispose()
    {
        foreach (var statement in statements)
            statement.Dispose();
        handle.Dispose();
    }
}

enum Access
{
    ReadWrite,

    /// <summary>Changes nothing, and makes nothing that is missing.</summary>
    ReadOnly,
}

/// <summary>A prepared statement. Parameters count from 1, columns from 0.</summary>
sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    public Statement Bind(int parameter, long value)
    {
        database.Check(sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    public Statement BindText(int parameter, ReadOnlySpan<byte> utf8)
    {
        database.Check(sqlite3_bind_text(handle, parameter, utf8));
        return this;
    }

    public Statement BindBlob(int parameter, ReadOnlySpan<byte> bytes)
    {
        database.Check(sqlite3_bind_blob(handle, parameter, bytes));
        return this;
    }

    /// <returns>True: there is a row.</returns>
    public bool Step()
    {
        var code = sqlite3_step(handle);
        database.Check(code);
        return code == SQLITE_ROW;
    }

    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Ends the statement's read transaction. An error was thrown by <see cref="Step"/> already.</summary>
    public void Reset() => _ = sqlite3_reset(handle);

    public long Int64(int column) => sqlite3_column_int64(handle, column);

    public bool IsNull(int column) => sqlite3_column_type(handle, column) == SQLITE_NULL;

    /// <summary>Of a BLOB or the UTF-8 of a TEXT; gone with the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(handle, column);

    public void Dispose() => handle.Dispose();
}
