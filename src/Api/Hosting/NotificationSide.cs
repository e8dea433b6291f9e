using Varve.EventStores;
using Varve.Projections.Runner;
using Varve.Workers;
using Varve.Workers.Notifications;

namespace Varve.Api.Hosting;

/// <summary>What tells events of buckets to others: the destinations, and the worker.</summary>
sealed class NotificationSide : IAsyncDisposable
{
    readonly IReadOnlyList<IEventDestination> destinations;
    readonly NotificationMetrics metrics = new();
    NotificationWorker? worker;

    NotificationSide(IReadOnlyList<IEventDestination> destinations) => this.destinations = destinations;

    /// <exception cref="SettingsException">A value is wrong.</exception>
    public static NotificationSide Open(IConfiguration configuration, Uri? broker, ILoggerFactory loggers) =>
        new(NotificationOptions.Open(configuration, broker, TimeProvider.System, loggers));

    /// <summary>How far this process is with each destination.</summary>
    public IReadOnlyList<DestinationState> States => worker?.States ?? [];

    /// <summary>What they refuse.</summary>
    public IReadOnlyList<StoppedProjection> Stopped => [.. States.SelectMany(state => state.Stopped())];

    /// <summary>None where there is nobody to tell.</summary>
    public IEnumerable<IWorker> Workers(IEventStore events, string region, ILogPlaces places, ILoggerFactory loggers) =>
        destinations.Count == 0
            ? []
            :
            [
                worker = new NotificationWorker(
                    events,
                    destinations,
                    region,
                    places,
                    metrics,
                    TimeProvider.System,
                    loggers.CreateLogger<NotificationWorker>()
                ),
            ];

    public async ValueTask DisposeAsync()
    {
        foreach (var destination in destinations)
            await destination.DisposeAsync();
        metrics.Dispose();
    }
}
