using System.Globalization;
using StackExchange.Redis;
using Varve.EventStores;

namespace Varve.Projections.Redis;

/// <summary>Tells other processes at once how far the read models are; who misses it looks by itself. Thread-safe.
/// </summary>
/// <param name="name">Of the read models: their database.</param>
public sealed class RedisSignals(RedisServer server, string name)
{
    readonly RedisChannel channel = RedisChannel.Literal($"varve:checkpoint:{name}");

    public bool AreHeard => server.IsConnected;

    public void Tell(Position reached)
    {
        if (server.IsConnected)
            server.Subscriber.Publish(channel, reached.Value, CommandFlags.FireAndForget);
    }

    /// <summary>From now on, whenever there is a connection.</summary>
    public Task Hear(Action<Position> reached) =>
        server.Subscriber.SubscribeAsync(
            channel,
            (_, text) =>
            {
                if (long.TryParse((string?)text, CultureInfo.InvariantCulture, out var position))
                    reached(new Position(position));
            },
            CommandFlags.FireAndForget
        );
}
