using Varve.Tiers;
using Varve.Tiers.S3;

namespace Varve.Api.Hosting;

/// <summary>How an S3 server with contents is.</summary>
/// <param name="Fault">Why it can't be reached; null if it can.</param>
sealed record TierState(string Name, string? Fault);

/// <summary>
/// Whether an S3 server answers, for who asks often: it is asked when the last answer is old, once at a time, and
/// nobody waits long for it. Thread-safe.
/// </summary>
sealed class TierOutlook(S3Tier tier, TimeProvider clock)
{
    /// <summary>How long an answer counts.</summary>
    static readonly TimeSpan Freshness = TimeSpan.FromSeconds(3);

    /// <summary>A server that takes longer is of no use.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    Task asking = Task.CompletedTask;
    long asked;
    string? fault;

    /// <param name="waitMax">Who asks waits no longer for a new answer, and has the last one.</param>
    public async Task<TierState> Look(TimeSpan waitMax, CancellationToken cancel)
    {
        try
        {
            await Answer().WaitAsync(waitMax, clock, cancel);
        }
        catch (TimeoutException)
        {
            // The last answer counts till then.
        }
        lock (gate)
            return new(tier.Name, fault);
    }

    Task Answer()
    {
        lock (gate)
        {
            if (asking.IsCompleted && (asked == 0 || clock.GetElapsedTime(asked) > Freshness))
                asking = Task.Run(Ask, CancellationToken.None);
            return asking;
        }
    }

    async Task Ask()
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        string? found = null;
        try
        {
            await tier.Probe(limit.Token);
        }
        catch (TierUnavailableException unavailable)
        {
            found = unavailable.Message;
        }
        lock (gate)
            (fault, asked) = (found, clock.GetTimestamp());
    }
}
