using Microsoft.Extensions.Logging;
using Varve.EventStores;

namespace Varve.Workers.Notifications;

/// <summary>
/// Tells the events of buckets to whom their rules name. Each destination follows the log by itself and at its own
/// pace: one that is down keeps nobody but itself waiting, and nothing is held for it but its place in the log.
/// </summary>
public sealed class NotificationWorker : IWorker
{
    readonly IReadOnlyList<DestinationFollower> followers;
    readonly NotificationMetrics metrics;

    /// <param name="destinations">All that the operator set up.</param>
    /// <param name="region">That messages say the buckets are in.</param>
    /// <param name="places">Has <c>notifications-&lt;name&gt;-&lt;kind&gt;</c> each: how far the log was seen.</param>
    public NotificationWorker(
        IEventStore store,
        IReadOnlyList<IEventDestination> destinations,
        string region,
        ILogPlaces places,
        NotificationMetrics metrics,
        TimeProvider clock,
        ILogger<NotificationWorker> logger
    )
    {
        this.metrics = metrics;
        followers =
        [
            .. destinations.Select(destination => new DestinationFollower(
                store,
                destination,
                region,
                places,
                metrics,
                clock,
                logger
            )),
        ];
    }

    public IReadOnlyList<DestinationState> States => [.. followers.Select(one => one.State)];

    public Task Run(CancellationToken cancel)
    {
        metrics.Observe(() => followers.Select(one => (one.Destination, one.StuckFor)));
        return Task.WhenAll(followers.Select(one => one.Run(cancel)));
    }
}
