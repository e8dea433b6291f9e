using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;
using Varve.EventStores.Node;

namespace Varve.EventLog;

/// <summary>A log that is served on a port of its own, and a client of it.</summary>
sealed class LocalNode(EventNode node, EventStoreDbStore client) : IAsyncDisposable
{
    public EventStoreDbStore Client => client;

    public static async Task<LocalNode> Start(EmbeddedEventStore log, CancellationToken cancel)
    {
        var node = await EventNode.Start(
            new(new IPEndPoint(IPAddress.Loopback, 0), Certificate: null, Judge: null),
            log,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            cancel
        );
        var at = ConnectionString.Parse($"esdb://127.0.0.1:{node.Address.Port}?tls=false");
        return new(node, EventStoreDbStore.Open(at, TimeProvider.System, NullLogger.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await node.DisposeAsync();
    }
}
