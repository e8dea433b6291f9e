using System.Data;
using System.Data.Common;

namespace Varve.Projections.Databases;

/// <summary>A named lock of the server, held as long as a connection of its own is open: a process that dies, or loses
/// the server, has it no more. Dispose it.</summary>
sealed class MySqlLock : IAsyncDisposable
{
    readonly DbConnection connection;

    MySqlLock(DbConnection connection) => this.connection = connection;

    /// <param name="wait">So long it is waited for.</param>
    /// <returns>Null if another one has it.</returns>
    public static async ValueTask<MySqlLock?> TryTake(
        MySqlServer server,
        string name,
        TimeSpan wait,
        CancellationToken cancel
    )
    {
        var connection = await server.Connect("", cancel);
        try
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT GET_LOCK('varve-{name}-{server.Database}', {(int)wait.TotalSeconds})";
            if (await command.ExecuteScalarAsync(cancel) is 1 or 1L)
                return new MySqlLock(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }

    /// <summary>A connection that comes back to the pool keeps its locks until it is used again: so this one ends.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "DO RELEASE_ALL_LOCKS()";
        if (connection.State == ConnectionState.Open)
            await command.ExecuteNonQueryAsync();
        await connection.DisposeAsync();
    }
}
