using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.EventStores;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Workers;

/// <param name="BytesMax">More than this, and the oldest copies go; null for no bound.</param>
/// <param name="Keep">Copies older than this go; null for ever.</param>
public sealed record EvictionRules(long? BytesMax, TimeSpan? Keep);

/// <summary>
/// Gives up a tier's copies of contents that another tier has, by size and age. The event comes first; the bytes are
/// deleted by who follows the log, and so after a crash as well.
/// </summary>
/// <param name="places">Has <c>evictor</c>: how far the log was seen.</param>
public sealed class Evictor(
    IEventStore store,
    AggregateStates states,
    ReadModels reads,
    ITier tier,
    IMediator door,
    EvictionRules rules,
    ILogPlaces places,
    TimeProvider clock,
    ILogger<Evictor> logger
) : IWorker
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    static readonly string[] Contents = ["content-"];
    const int AtOnce = 500;

    public Task Run(CancellationToken cancel) =>
        Task.WhenAll(
            new LogFollower(store, Contents, places, "evictor", nameof(Evictor), clock, logger).Run(
                DeleteEvicted,
                cancel
            ),
            Rounds.Run(Evict, Interval, nameof(Evictor), clock, logger, cancel)
        );

    /// <returns>How many copies were given up.</returns>
    public async Task<int> Evict(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var before = rules.Keep is { } keep ? now - keep : DateTimeOffset.MinValue;
        var excess = rules.BytesMax is { } most ? await reads.BytesIn(tier.Name, cancel) - most : 0;
        var (evicted, bytes, progress) = (0, 0L, true);
        while (progress)
        {
            var oldest = await reads.EvictableCopies(tier.Name, AtOnce, cancel);
            progress = false;
            foreach (var copy in oldest.TakeWhile(copy => excess > bytes || copy.CopiedAt <= before))
                if (await GiveUp(copy, now, cancel))
                {
                    (evicted, bytes) = (evicted + 1, bytes + copy.Size);
                    progress = true;
                }
        }
        if (evicted > 0)
            logger.CopiesEvicted(evicted, bytes);
        return evicted;
    }

    async Task<bool> GiveUp(CopyRow copy, DateTimeOffset now, CancellationToken cancel)
    {
        var context = new CommandContext(Guid.CreateVersion7(now), "varve", now);
        var outcome = await door.Send(new ContentCommand.Evict(context, new(copy.Content), tier.Name), cancel);
        return outcome is { Rejection: null, Position: not null };
    }

    async Task DeleteEvicted(IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        foreach (var recorded in events)
            if (recorded.Decoded() is ContentEvent.Evicted evicted && evicted.Tier == tier.Name)
            {
                var content = await states.Read(Content.Decider, recorded.Stream, cancel);
                // A file is named by its content: the same location may have been filled again since.
                if (content.Copies.GetValueOrDefault(tier.Name)?.Location != evicted.Location)
                    await tier.Purge(evicted.Location, cancel);
            }
    }
}
