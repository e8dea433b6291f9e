using Microsoft.Extensions.Logging;
using Varve.Tiers;
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

    public async Task Run(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            do foreach (var tier in tiers)
                await Sweep(tier, cancel);
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    async Task Sweep(S3Tier tier, CancellationToken cancel)
    {
        try
        {
            if (await tier.AbortUnfinished(clock.GetUtcNow() - AgeMin, cancel) is > 0 and var count)
                logger.UnfinishedAborted(count, tier.Name);
        }
        catch (TierUnavailableException fault)
        {
            logger.WorkerFailed(nameof(UnfinishedBodies), Interval, fault);
        }
    }
}
