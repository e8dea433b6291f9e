using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Hosting;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;

namespace Varve.Api.Cli;

/// <summary>The log that a command reads, wherever it is. Dispose it.</summary>
sealed class OpenedLog(IEventLog events, IAsyncDisposable owner) : IAsyncDisposable
{
    public IEventLog Events => events;

    /// <param name="data">The data folder.</param>
    /// <param name="eventStore">Setting <c>Varve:EventStore</c>; null or empty for the log in the data folder.</param>
    /// <exception cref="SettingsException">It is no connection string.</exception>
    /// <exception cref="EventStoreUnavailableException">There is no log, or it can't be read.</exception>
    public static OpenedLog Open(string data, string? eventStore)
    {
        if (!string.IsNullOrEmpty(eventStore))
        {
            var settings = OpenedStore.Parse(eventStore);
            var store = EventStoreDbStore.Open(settings, TimeProvider.System, NullLogger.Instance);
            return new(store, store);
        }
        var log = EmbeddedEventLog.Open(data, TimeProvider.System);
        return new(log, log);
    }

    public ValueTask DisposeAsync() => owner.DisposeAsync();
}
