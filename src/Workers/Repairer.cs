using Microsoft.Extensions.Logging;
using Varve.Domain.Contents;
using Varve.EventStores;
using Varve.Projections;
using Varve.Workers.Transfers;

namespace Varve.Workers;

/// <summary>
/// Heals damaged copies from sound ones in other tiers: each when its damage comes to be known, and what failed then
/// again and again, until it works.
/// </summary>
/// <param name="places">Has <c>repairer</c>: how far the log was seen.</param>
public sealed class Repairer(
    IEventStore store,
    ReadModels reads,
    ContentCopier copier,
    ILogPlaces places,
    TimeProvider clock,
    ILogger<Repairer> logger
) : IWorker
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    static readonly string[] Contents = ["content-"];
    const int AtOnce = 1000;

    public Task Run(CancellationToken cancel) =>
        Task.WhenAll(
            new LogFollower(store, Contents, places, "repairer", nameof(Repairer), clock, logger).Run(
                RepairReported,
                cancel
            ),
            Rounds.Run(RepairAll, Interval, nameof(Repairer), clock, logger, cancel)
        );

    /// <returns>How many copies were healed.</returns>
    public async Task<int> RepairAll(CancellationToken cancel)
    {
        var (healed, before) = (0, 0);
        IReadOnlyList<CopyRow> damaged;
        do
        {
            before = healed;
            damaged = await reads.RepairableCopies(AtOnce, cancel);
            foreach (var copy in damaged)
                healed += await Repair(new(copy.Content), copy.Tier, cancel) ? 1 : 0;
        } while (damaged.Count == AtOnce && healed > before);
        return healed;
    }

    async Task RepairReported(IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        foreach (var recorded in events)
            if (recorded.Decoded() is ContentEvent.Damaged damaged)
                await Repair(new(recorded.Stream["content-".Length..]), ContentCopy.TierOf(damaged.Location), cancel);
    }

    async Task<bool> Repair(ContentHash content, string tier, CancellationToken cancel)
    {
        try
        {
            if (await copier.Copy(content, tier, cancel) is not { } location)
                return false;
            logger.ContentRepaired(content.Hex, location);
            return true;
        }
        catch (IOException fault)
        {
            logger.RepairFailed(content.Hex, tier, fault.Message);
            return false;
        }
    }
}
