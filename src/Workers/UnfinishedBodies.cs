using Microsoft.Extensions.Logging;
using Varve.Tiers.S3;

namespace Varve.Workers;

/// <summary>Every hour, drops the parts of bodies whose sending to an S3 server began a day ago and never ended: their
/// process was killed.</summary>
public sealed class UnfinishedBodies(IReadOnlyList<S3Tier> tiers, TimeProvider clock, ILogger<UnfinishedBodies> logger)
    : IWorker
{
    /// <summary>What is younger may still be coming in.</summary>
    static readonly TimeSpan AgeMin = TimeSpan.FromDays(1);

    static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    public Task Run(CancellationToken cancel) =>
        Task.WhenAll(
            tiers.Select(tier =>
                Rounds.Run(stop => Sweep(tier, stop), Interval, nameof(UnfinishedBodies), clock, logger, cancel)
            )
        );

    async Task Sweep(S3Tier tier, CancellationToken cancel)
    {
        if (await tier.AbortUnfinished(clock.GetUtcNow() - AgeMin, cancel) is > 0 and var count)
            logger.UnfinishedAborted(count, tier.Name);
    }
}
