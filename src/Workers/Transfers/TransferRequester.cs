using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Varve.Domain.Contents;
using Varve.EventStores;

namespace Varve.Workers.Transfers;

/// <summary>
/// Asks for every content to be brought into the tiers that the policy names. For each tier it follows the log and asks
/// for a transfer of each content that was stored; its place moves only after the queue has the messages, and a tier
/// that comes to the policy later begins at the start of the log.
/// </summary>
/// <param name="tiers">The policy: names of tiers that every content is to be in.</param>
/// <param name="places">Has <c>transfers-&lt;tier&gt;</c> each; it must last as long as the queue does.</param>
public sealed class TransferRequester(
    IEventStore store,
    ITransferQueue queue,
    IReadOnlyList<string> tiers,
    ILogPlaces places,
    TransferMetrics metrics,
    TimeProvider clock,
    ILogger<TransferRequester> logger
) : IWorker
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    static readonly string[] Contents = ["content-"];

    readonly FrozenDictionary<string, LogFollower> followers = tiers.ToFrozenDictionary(
        tier => tier,
        tier => new LogFollower(store, Contents, places, $"transfers-{tier}", nameof(TransferRequester), clock, logger)
    );

    long head;

    public async Task Run(CancellationToken cancel)
    {
        // What stands by knows of no lag.
        using var observed = metrics.ObserveLag(Lag);
        await Task.WhenAll([
            .. tiers.Select(tier => followers[tier].Run((events, stop) => Ask(tier, events, stop), cancel)),
            WatchHead(cancel),
        ]);
    }

    async Task Ask(string tier, IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        var transfers = events
            .Select(recorded => recorded.Decoded())
            .OfType<ContentEvent.Stored>()
            .Select(stored => TransferData.Of(stored, tier))
            .ToList();
        if (transfers.Count == 0)
            return;
        await queue.Publish(tier, transfers, cancel);
        metrics.Queued(tier, transfers.Count);
    }

    /// <summary>A gauge must not wait for the log.</summary>
    async Task WatchHead(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        try
        {
            do try
            {
                Volatile.Write(ref head, (await store.Head(cancel)).Value);
            }
            catch (EventStoreUnavailableException)
            {
                // It is behind what it was; the followers say so in the log.
            }
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    IEnumerable<(string Tier, long Events)> Lag() =>
        followers.Select(one => (one.Key, Math.Max(0, Volatile.Read(ref head) - one.Value.Place.Value)));
}
