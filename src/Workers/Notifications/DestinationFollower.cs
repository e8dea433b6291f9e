using Microsoft.Extensions.Logging;
using Varve.Domain.Buckets;
using Varve.EventStores;

namespace Varve.Workers.Notifications;

/// <summary>
/// Follows the log for one destination. A batch of events is told before its place is kept: each event at least once,
/// and those of one key one after the other. What is not taken is told again for as long as it takes.
/// </summary>
sealed class DestinationFollower(
    IEventStore store,
    IEventDestination destination,
    string region,
    ILogPlaces places,
    NotificationMetrics metrics,
    TimeProvider clock,
    ILogger logger
)
{
    /// <summary>Keys whose events are under way at the same time.</summary>
    const int AtOnceMax = 16;

    static readonly TimeSpan PauseLeast = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan PauseMost = TimeSpan.FromSeconds(30);
    static readonly string[] Prefixes = [BucketsThen.Prefix, ObjectName.Prefix];

    readonly BucketsThen buckets = new(store);
    readonly LogFollower follower = new(
        store,
        Prefixes,
        places,
        $"notifications-{destination.Name.Replace(':', '-')}",
        nameof(NotificationWorker),
        clock,
        logger
    );

    /// <summary>When it began to refuse; 0 while it takes what it is told.</summary>
    long refusing;

    public string Destination => destination.Name;

    /// <summary>For how long it has not taken what it is told.</summary>
    public TimeSpan StuckFor =>
        Volatile.Read(ref refusing) is > 0 and var since ? clock.GetElapsedTime(since) : TimeSpan.Zero;

    public Task Run(CancellationToken cancel) => follower.Run(Tell, cancel);

    async Task Tell(IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        try
        {
            var messages = new List<(string Stream, EventMessage Message)>();
            foreach (var recorded in events)
                if (await MessageOf(recorded, cancel) is { } message)
                    messages.Add((recorded.Stream, message));
            await Parallel.ForEachAsync(
                messages.GroupBy(one => one.Stream, one => one.Message),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
                TellInTurn
            );
        }
        catch
        {
            buckets.Forget(); // the batch comes again
            throw;
        }
    }

    /// <returns>Null where there is nothing to tell this destination.</returns>
    async ValueTask<EventMessage?> MessageOf(RecordedEvent recorded, CancellationToken cancel)
    {
        if (recorded.Stream.StartsWith(BucketsThen.Prefix, StringComparison.Ordinal))
        {
            buckets.Follow(recorded);
            return
                recorded.Decoded() is BucketConfigurationEvent.NotificationsSet { Rules.All: var rules }
                && rules.Any(IsMine)
                ? EventRecords.Test(recorded, recorded.Stream[BucketsThen.Prefix.Length..])
                : null;
        }
        var about = ObjectName.Of(recorded.Stream);
        var bucket = await buckets.Read(BucketsThen.Prefix + about.Bucket, recorded.Position, cancel);
        if (bucket.Configuration.Notifications is not { } told)
            return null;
        var @event = recorded.Decoded();
        var expired = recorded.DecodedMetadata().By == LifecycleWorker.Actor;
        return
            NotificationEvents.NameOf(@event, expired) is { } name
            && told.For(name, about.Key) is { } rule
            && IsMine(rule)
            ? EventRecords.Of(recorded, @event, name, about, rule, bucket, region)
            : null;
    }

    bool IsMine(NotificationRule rule) => rule.Destination == destination.Name;

    async ValueTask TellInTurn(IEnumerable<EventMessage> messages, CancellationToken cancel)
    {
        foreach (var message in messages)
            await TellUntilTaken(message, cancel);
    }

    async ValueTask TellUntilTaken(EventMessage message, CancellationToken cancel)
    {
        for (var (pause, attempts) = (PauseLeast, 1); ; attempts++)
            try
            {
                await destination.Send(message, cancel);
                Volatile.Write(ref refusing, 0);
                metrics.Told(Destination);
                if (attempts > 1)
                    logger.EventTaken(message.Event, message.About, Destination, attempts);
                return;
            }
            catch (EventNotTakenException refusal)
            {
                Interlocked.CompareExchange(ref refusing, clock.GetTimestamp(), 0);
                metrics.Retried(Destination);
                if (attempts == 1)
                    logger.EventNotTaken(message.Event, message.About, Destination, refusal.Message);
                await Task.Delay(pause, clock, cancel);
                pause = 2 * pause < PauseMost ? 2 * pause : PauseMost;
            }
    }
}
