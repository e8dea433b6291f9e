using System.Data.Common;

namespace Varve.Api.Identity;

/// <summary>The tables of accounts: the file <c>identity.db</c>, or a MySQL that several processes share. Every commit
/// is on stable storage. Statements are in words that both know. Thread-safe.</summary>
abstract class IdentityDatabase : IAsyncDisposable
{
    /// <summary>So long a process may go on by what it has read here, when others change it.</summary>
    public abstract TimeSpan RememberedFor { get; }

    /// <returns>Rows changed.</returns>
    public abstract ValueTask<int> Execute(string sql, params (string Name, object? Value)[] values);

    /// <summary>Several statements as one: all, or none.</summary>
    public abstract ValueTask ExecuteTogether(string sql, params (string Name, object? Value)[] values);

    public abstract ValueTask<List<TRow>> List<TRow>(
        string sql,
        Func<DbDataReader, TRow> read,
        params (string Name, object? Value)[] values
    );

    /// <summary>The first row; null if there is none.</summary>
    public async ValueTask<TRow?> Find<TRow>(
        string sql,
        Func<DbDataReader, TRow> read,
        params (string Name, object? Value)[] values
    )
        where TRow : class => await List(sql, read, values) is [var first, ..] ? first : null;

    /// <summary>As far as the database can see to it, what was deleted is in no file afterwards.</summary>
    public abstract ValueTask Shred();

    public abstract ValueTask DisposeAsync();

    protected static DbCommand CommandOf(DbConnection connection, string sql, (string Name, object? Value)[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }
        return command;
    }

    protected static async ValueTask<List<TRow>> Rows<TRow>(DbCommand command, Func<DbDataReader, TRow> read)
    {
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<TRow>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }
}
