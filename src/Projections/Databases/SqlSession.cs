using System.Data;
using System.Data.Common;
using System.Text.RegularExpressions;

namespace Varve.Projections.Databases;

/// <summary>
/// A connection and the commands prepared on it: a statement is parsed once, then only bound and run. Not thread-safe.
/// </summary>
public sealed partial class SqlSession(DbConnection connection) : IAsyncDisposable
{
    readonly Dictionary<string, DbCommand> prepared = new(ReferenceEqualityComparer.Instance);

    /// <summary>Statements run since the session was opened.</summary>
    public long Executions { get; private set; }

    /// <summary>Rows read since the session was opened.</summary>
    public long RowsRead { get; private set; }

    internal bool IsUsable => connection.State == ConnectionState.Open;

    /// <returns>Rows changed.</returns>
    public Task<int> Execute(Statement statement, CancellationToken cancel) =>
        Bind(statement).ExecuteNonQueryAsync(cancel);

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

    DbCommand Bind(Statement statement)
    {
        if (!prepared.TryGetValue(statement.Sql, out var command))
            prepared.Add(statement.Sql, command = CommandOf(statement.Sql));
        var parameters = command.Parameters;
        if (parameters.Count != statement.Arguments.Length)
            throw new ArgumentException($"{parameters.Count} arguments are needed: {statement.Sql}", nameof(statement));
        for (var i = 0; i < parameters.Count; i++)
            parameters[i].Value = statement.Arguments[i] ?? DBNull.Value;
        Executions++;
        return command;
    }

    DbCommand CommandOf(string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in ParameterName().Matches(sql).Select(match => match.Value).Distinct())
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    [GeneratedRegex("@[a-z_0-9]+")]
    private static partial Regex ParameterName();
}

/// <summary>A borrowed session. Dispose it once.</summary>
public readonly struct ReadLease(SqlSession session, SessionPool pool) : IDisposable
{
    public SqlSession Session => session;

    public void Dispose() => pool.Return(session);
}
