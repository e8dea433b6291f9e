using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

public sealed class EmbeddedContractTests : EventStoreContract, IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    readonly EmbeddedEventStore store;

    public EmbeddedContractTests() =>
        store = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);

    protected override IEventStore Store => store;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }
}
