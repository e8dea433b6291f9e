using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Varve.Projections.Redis;

/// <summary>
/// A Redis, which may be down at any time: nothing is in it that is not elsewhere too. While it is down, calls fail at
/// once and it is connected to again beside them. Thread-safe.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    readonly ConnectionMultiplexer connection;

    RedisServer(ConnectionMultiplexer connection) => this.connection = connection;

    public IDatabase Database => connection.GetDatabase();

    public ISubscriber Subscriber => connection.GetSubscriber();

    public bool IsConnected => connection.IsConnected;

    /// <summary>Raised when it can be reached again: what was in it may be gone.</summary>
    public event Action? Restored;

    /// <summary>Returns connected, or where that takes too long, while it is tried further.</summary>
    public static async Task<RedisServer> Open(RedisAddress address, ILogger<RedisServer> logger)
    {
        var options = address.Options;
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        var server = new RedisServer(connection);
        connection.ConnectionFailed += (_, e) => logger.RedisLost($"{e.EndPoint}", $"{e.FailureType}");
        connection.ConnectionRestored += (_, e) =>
        {
            logger.RedisBack($"{e.EndPoint}");
            server.Restored?.Invoke();
        };
        if (!connection.IsConnected)
            logger.RedisLost(string.Join(", ", options.EndPoints), "no connection");
        return server;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
