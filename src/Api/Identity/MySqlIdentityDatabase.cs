using System.Data.Common;
using Varve.Projections.Databases;

namespace Varve.Api.Identity;

/// <summary>The accounts in the MySQL of the read models, whose tables these are not: a rebuild leaves them
/// alone.</summary>
sealed class MySqlIdentityDatabase(MySqlServer server) : IdentityDatabase
{
    public override TimeSpan RememberedFor => TimeSpan.FromSeconds(2);

    public override async ValueTask<int> Execute(string sql, params (string Name, object? Value)[] values)
    {
        await using var connection = await server.Connect(null, CancellationToken.None);
        await using var command = CommandOf(connection, sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    public override async ValueTask ExecuteTogether(string sql, params (string Name, object? Value)[] values)
    {
        await using var connection = await server.Connect(null, CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync();
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
        await using var connection = await server.Connect(null, CancellationToken.None);
        await using var command = CommandOf(connection, sql, values);
        return await Rows(command, read);
    }

    /// <summary>The server purges deleted rows by itself; its binary logs and backups are the operator's.</summary>
    public override ValueTask Shred() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
