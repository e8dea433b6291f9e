using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;

namespace Varve.Api.Hosting;

/// <summary>The event store of this process, wherever it is. Dispose it.</summary>
sealed class OpenedStore : IAsyncDisposable
{
    readonly IAsyncDisposable owner;

    OpenedStore(EmbeddedEventStore embedded) => (Events, Embedded, owner) = (embedded, embedded, embedded);

    OpenedStore(EventStoreDbStore remote) => (Events, owner) = (remote, remote);

    public IEventStore Events { get; }

    /// <summary>Null where the log is another server's.</summary>
    public EmbeddedEventStore? Embedded { get; }

    /// <param name="data">The data folder.</param>
    /// <param name="eventStore">Setting <c>Varve:EventStore</c>; null for the log in the data folder.</param>
    /// <exception cref="SettingsException">The setting is no connection string.</exception>
    /// <exception cref="EventStoreUnavailableException">The log cannot be opened, or the server gives no answer, or
    /// refuses.</exception>
    public static async Task<OpenedStore> Open(
        string data,
        string? eventStore,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        if (eventStore is null)
            return new(EmbeddedEventStore.Open(data, TimeProvider.System, loggers.CreateLogger<EmbeddedEventStore>()));
        var logger = loggers.CreateLogger<EventStoreDbStore>();
        var remote = EventStoreDbStore.Open(Parse(eventStore), TimeProvider.System, logger);
        try
        {
            await remote.Head(cancel);
            return new(remote);
        }
        catch
        {
            await remote.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="SettingsException">It is no connection string.</exception>
    public static ConnectionString Parse(string eventStore)
    {
        try
        {
            return ConnectionString.Parse(eventStore);
        }
        catch (FormatException wrong)
        {
            throw new SettingsException("EventStore", $"{wrong.Message}.");
        }
    }

    public ValueTask DisposeAsync() => owner.DisposeAsync();
}
