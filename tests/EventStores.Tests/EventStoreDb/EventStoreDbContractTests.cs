using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;
using Varve.EventStores.Node;

namespace Varve.EventStores.Tests.EventStoreDb;

public sealed class EventStoreDbContractTests(OpenNode node) : EventStoreContract, IClassFixture<OpenNode>
{
    protected override IEventStore Store => node.Store;
}

/// <summary>A node that lets anybody in, and a client of it.</summary>
public sealed class OpenNode : IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    EmbeddedEventStore? log;
    EventNode? node;
    EventStoreDbStore? store;

    public IEventStore Store => store!;

    public int Port => node!.Address.Port;

    public async ValueTask InitializeAsync()
    {
        log = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);
        node = await EventNode.Start(
            new(new IPEndPoint(IPAddress.Loopback, 0), Certificate: null, Judge: null),
            log,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None
        );
        var settings = ConnectionString.Parse($"esdb://127.0.0.1:{node.Address.Port}?tls=false");
        store = EventStoreDbStore.Open(settings, TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await store!.DisposeAsync();
        await node!.DisposeAsync();
        await log!.DisposeAsync();
        folder.Dispose();
    }
}
