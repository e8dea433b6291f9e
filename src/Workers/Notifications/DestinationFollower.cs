using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Varve.Domain.Buckets;
using Varve.Domain.Projections;
using Varve.EventStores;
using Varve.Projections.Runner;

namespace Varve.Workers.Notifications;

/// <summary>
/// Follows the log for one destination. A batch of events is told before its place is kept: each event at least once,
/// and those of one key one after the other. What is not taken is told again for as long as it takes, or until the log
/// says that this destination leaves it out, in the words of <see cref="ProjectionSkips"/>.
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

    /// <summary>Of its place, and of what it leaves out.</summary>
    readonly string subject = DestinationState.SubjectOf(destination.Name);

    readonly BucketsThen buckets = new(store);
    readonly LogFollower follower = new(
        store,
        Prefixes,
        places,
        DestinationState.SubjectOf(destination.Name),
        nameof(NotificationWorker),
        clock,
        logger
    );

    /// <summary>What it refuses, and since when.</summary>
    readonly ConcurrentDictionary<EventPlace, (StoppedAt Event, long Since)> refused = new();

    public string Destination => destination.Name;

    /// <summary>For how long it has refused something.</summary>
    public TimeSpan StuckFor =>
        refused.Values.Select(one => clock.GetElapsedTime(one.Since)).DefaultIfEmpty(TimeSpan.Zero).Max();

    public DestinationState State =>
        new(
            Destination,
            follower.Place.Value,
            StuckFor.TotalSeconds,
            [.. refused.Values.Select(one => one.Event).OrderBy(one => one.Position)]
        );

    public Task Run(CancellationToken cancel) => follower.Run(Tell, cancel);

    async Task Tell(IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        try
        {
            var messages = new List<(RecordedEvent Recorded, EventMessage Message)>();
            foreach (var recorded in events)
                if (await MessageOf(recorded, cancel) is { } message)
                    messages.Add((recorded, message));
            await Parallel.ForEachAsync(
                messages.GroupBy(one => one.Recorded.Stream),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
                TellInTurn
            );
        }
        catch
        {
            buckets.Forget(); // the batch comes again
            refused.Clear();
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

    async ValueTask TellInTurn(IEnumerable<(RecordedEvent, EventMessage)> messages, CancellationToken cancel)
    {
        foreach (var (recorded, message) in messages)
            await TellUntilTaken(recorded, message, cancel);
    }

    async ValueTask TellUntilTaken(RecordedEvent recorded, EventMessage message, CancellationToken cancel)
    {
        var place = new EventPlace(recorded.Stream, recorded.Revision);
        for (var (pause, attempts) = (PauseLeast, 1); ; attempts++)
            try
            {
                await destination.Send(message, cancel);
                refused.TryRemove(place, out _);
                metrics.Told(Destination);
                if (attempts > 1)
                    logger.EventTaken(message.Event, message.About, Destination, attempts);
                return;
            }
            catch (EventNotTakenException refusal)
            {
                metrics.Retried(Destination);
                if (attempts == 1)
                    logger.EventNotTaken(message.Event, message.About, Destination, refusal.Message);
                var at = recorded.Position.Value;
                var stopped = new StoppedAt(at, recorded.Stream, recorded.Revision, recorded.Type, refusal.Message);
                refused.AddOrUpdate(
                    place,
                    static (_, now) => now,
                    static (_, before, now) => (now.Event, before.Since),
                    (Event: stopped, Since: clock.GetTimestamp())
                );
                if (await LeavesOut(place, cancel))
                {
                    refused.TryRemove(place, out _);
                    logger.EventLeftOut(message.Event, message.About, Destination);
                    return;
                }
                await Task.Delay(pause, clock, cancel);
                pause = 2 * pause < PauseMost ? 2 * pause : PauseMost;
            }
    }

    async ValueTask<bool> LeavesOut(EventPlace place, CancellationToken cancel)
    {
        var stream = ProjectionSkips.StreamOf(subject);
        await foreach (var recorded in store.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, cancel))
            if (recorded.Decoded() is ProjectionEvent.EventSkipped skipped)
                if (new EventPlace(skipped.Stream, skipped.Revision) == place)
                    return true;
        return false;
    }
}
