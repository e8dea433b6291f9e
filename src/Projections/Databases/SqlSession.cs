using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Text.RegularExpressions;

namespace Varve.Projections.Databases;

/// <summary>
/// A connection and the commands prepared on it: a statement is parsed once, then only bound and run. Not thread-safe.
/// </summary>
/// <param name="fileShards">Tables that <c>tbl_file</c> is: 1, 16 or 256.</param>
public sealed partial class SqlSession(DbConnection connection, int fileShards = 1) : IAsyncDisposable, IDisposable
{
    /// <summary>Statements of one batch: so much of the log is in one packet to the server.</summary>
    const int BatchMax = 500;

    static readonly ConcurrentDictionary<string, string[]> ParameterNames = new(ReferenceEqualityComparer.Instance);

    readonly Dictionary<string, DbCommand> prepared = new(StringComparer.Ordinal);

    /// <summary>Statements run since the session was opened.</summary>
    public long Executions { get; private set; }

    /// <summary>Rows read since the session was opened.</summary>
    public long RowsRead { get; private set; }

    internal bool IsUsable => connection.State == ConnectionState.Open;

    /// <summary>Tables that <c>tbl_file</c> is.</summary>
    internal int FileShards => fileShards;

    /// <returns>Rows changed.</returns>
    public async ValueTask<int> Execute(Statement statement, CancellationToken cancel)
    {
        var changed = 0;
        foreach (var one in OverShards(statement))
            changed += await Bind(one).ExecuteNonQueryAsync(cancel);
        return changed;
    }

    /// <summary>Runs them in order; together, where the server takes several at once.</summary>
    public async ValueTask ExecuteAll(IEnumerable<Statement> statements, CancellationToken cancel)
    {
        if (!connection.CanCreateBatch)
        {
            foreach (var statement in statements)
                await Execute(statement, cancel);
            return;
        }
        foreach (var chunk in statements.SelectMany(OverShards).Chunk(BatchMax))
        {
            await using var batch = connection.CreateBatch();
            foreach (var statement in chunk)
                batch.BatchCommands.Add(Batched(batch, statement));
            Executions += chunk.Length;
            await batch.ExecuteNonQueryAsync(cancel);
        }
    }

    /// <summary>The first row; the default if there is none.</summary>
    public async ValueTask<T?> First<T>(Statement statement, Func<DbDataReader, T> read, CancellationToken cancel)
    {
        await using var reader = await Query(statement, cancel);
        return await Next(reader, cancel) ? read(reader) : default;
    }

    public async ValueTask<List<T>> All<T>(Statement statement, Func<DbDataReader, T> read, CancellationToken cancel)
    {
        var rows = new List<T>();
        await using var reader = await Query(statement, cancel);
        while (await Next(reader, cancel))
            rows.Add(read(reader));
        return rows;
    }

    /// <summary>Rows one by one, by <see cref="Next"/>. Dispose the reader before the statement is used
    /// again.</summary>
    public Task<DbDataReader> Query(Statement statement, CancellationToken cancel) =>
        Bind(statement).ExecuteReaderAsync(CommandBehavior.SingleResult, cancel);

    public Task<bool> Next(DbDataReader reader, CancellationToken cancel)
    {
        RowsRead++;
        return reader.ReadAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in prepared.Values)
            await command.DisposeAsync();
        await connection.DisposeAsync();
    }

    public void Dispose()
    {
        foreach (var command in prepared.Values)
            command.Dispose();
        connection.Dispose();
    }

    DbCommand Bind(Statement statement)
    {
        var sql = TextOf(statement);
        if (!prepared.TryGetValue(sql, out var command))
            prepared.Add(sql, command = CommandOf(statement, sql));
        var parameters = command.Parameters;
        if (parameters.Count != statement.Arguments.Length)
            throw new ArgumentException($"{parameters.Count} arguments are needed: {statement.Sql}", nameof(statement));
        for (var i = 0; i < parameters.Count; i++)
            parameters[i].Value = statement.Arguments[i] ?? DBNull.Value;
        Executions++;
        return command;
    }

    DbCommand CommandOf(Statement statement, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in NamesIn(statement.Sql))
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    DbBatchCommand Batched(DbBatch batch, Statement statement)
    {
        var command = batch.CreateBatchCommand();
        command.CommandText = TextOf(statement);
        var names = NamesIn(statement.Sql);
        if (names.Length != statement.Arguments.Length)
            throw new ArgumentException($"{names.Length} arguments are needed: {statement.Sql}", nameof(statement));
        for (var i = 0; i < names.Length; i++)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (names[i], statement.Arguments[i] ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }
        return command;
    }

    /// <summary>A statement on <c>tbl_file</c> that does not know the content's hash concerns all its tables.</summary>
    IEnumerable<Statement> OverShards(Statement statement) =>
        fileShards == 1 || statement.FileHash is not null || !FileTable().IsMatch(statement.Sql)
            ? [statement]
            : Databases.FileShards.Suffixes(fileShards).Select(suffix => statement with { FileHash = suffix });

    string TextOf(Statement statement) =>
        fileShards > 1 && statement.FileHash is { } hash
            ? FileTable().Replace(statement.Sql, Databases.FileShards.TableOf(hash, fileShards))
            : statement.Sql;

    static string[] NamesIn(string sql) =>
        ParameterNames.GetOrAdd(
            sql,
            static text => [.. ParameterName().Matches(text).Select(match => match.Value).Distinct()]
        );

    [GeneratedRegex(@"\btbl_file\b")]
    private static partial Regex FileTable();

    [GeneratedRegex("(?<!@)@[a-z_0-9]+")]
    private static partial Regex ParameterName();
}

/// <summary>A borrowed session. Dispose it once.</summary>
/// <param name="pool">Gets it back; null where the session closes instead.</param>
public readonly struct ReadLease(SqlSession session, SessionPool? pool) : IDisposable
{
    public SqlSession Session => session;

    public void Dispose()
    {
        if (pool is null)
            session.Dispose();
        else
            pool.Return(session);
    }
}
