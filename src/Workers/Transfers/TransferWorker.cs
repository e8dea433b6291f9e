using System.Collections.Frozen;
using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.EventStores;

namespace Varve.Workers.Transfers;

/// <summary>
/// Brings every content into the tiers that the policy names. For each tier it follows the log and asks for a transfer of
/// each content that was stored; its place moves only after the queue has the messages, and a tier that comes to the
/// policy later begins at the start of the log. What the queue hands out is copied.
/// </summary>
/// <param name="tiers">The policy: names of tiers that every content is to be in.</param>
/// <param name="folder">Holds a file <c>transfers-&lt;tier&gt;.position</c> each: how far the log was seen.</param>
public sealed class TransferWorker(
    IEventStore store,
    ITransferQueue queue,
    ContentCopier copier,
    IMediator door,
    IReadOnlyList<string> tiers,
    string folder,
    TransferMetrics metrics,
    TimeProvider clock,
    ILogger<TransferWorker> logger
) : IWorker
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    static readonly string[] Contents = ["content-"];

    readonly FrozenDictionary<string, LogFollower> followers = tiers.ToFrozenDictionary(
        tier => tier,
        tier => new LogFollower(
            store,
            Contents,
            Path.Combine(folder, $"transfers-{tier}.position"),
            nameof(TransferWorker),
            clock,
            logger
        )
    );

    long head;

    public Task Run(CancellationToken cancel)
    {
        metrics.Observe(Lag, () => queue.Fault is null);
        return Task.WhenAll([
            .. tiers.Select(tier => followers[tier].Run((events, stop) => Ask(tier, events, stop), cancel)),
            .. tiers.Select(tier => Consume(tier, cancel)),
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

    async Task Consume(string tier, CancellationToken cancel)
    {
        var consumer = new Consumer(tier, copier, door, metrics, clock, logger);
        while (!cancel.IsCancellationRequested)
            try
            {
                await queue.Consume(tier, consumer, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.WorkerFailed(nameof(TransferWorker), Pause, fault);
                await Task.Delay(Pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
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

    sealed class Consumer(
        string tier,
        ContentCopier copier,
        IMediator door,
        TransferMetrics metrics,
        TimeProvider clock,
        ILogger logger
    ) : ITransferConsumer
    {
        /// <summary>The tier is the queue's, whatever the message says of it.</summary>
        public Task Transfer(TransferData data, CancellationToken cancel) => copier.Copy(data.Content, tier, cancel);

        public void Delayed(TransferData data, Exception fault, TimeSpan delay)
        {
            metrics.Retried(tier);
            logger.TransferDelayed(data.Content.Hex, tier, delay, fault.Message);
        }

        public async Task GaveUp(TransferData data, Exception fault, CancellationToken cancel)
        {
            metrics.Failed(tier);
            logger.TransferGivenUp(data.Content.Hex, tier, fault.Message);
            var now = clock.GetUtcNow();
            await door.Send(
                new ContentCommand.ReportCopyFailure(
                    new CommandContext(Guid.CreateVersion7(now), "varve", now),
                    data.Content,
                    tier,
                    fault.Message
                ),
                cancel
            );
        }
    }
}
