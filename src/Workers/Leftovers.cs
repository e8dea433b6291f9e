using Microsoft.Extensions.Logging;
using Varve.Domain.Contents;
using Varve.Domain.Uploads;
using Varve.EventStores;
using Varve.Tiers.S3;

namespace Varve.Workers;

/// <summary>
/// Once a day, deletes objects of S3 servers that no event names: their process was killed between the bytes and the
/// event. Each is looked at on several days, so that a day without workers is made up for. Only where a bucket is one
/// Varve's alone: what another's log names, this one's does not.
/// </summary>
public sealed class Leftovers(IEventLog log, IReadOnlyList<S3Tier> tiers, TimeProvider clock, ILogger<Leftovers> logger)
    : IWorker
{
    /// <summary>What is younger may still get its event.</summary>
    static readonly TimeSpan AgeMin = TimeSpan.FromDays(1);

    static readonly TimeSpan AgeMax = TimeSpan.FromDays(8);

    /// <summary>What the clocks of the server and of the log may differ, and what a large body may take.</summary>
    static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <summary>So many older events in a row end it: a few may be of a time when a clock was wrong.</summary>
    const int OlderMax = 10_000;

    static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    public Task Run(CancellationToken cancel) =>
        Task.WhenAll(
            tiers.Select(tier =>
                Rounds.Run(stop => Sweep(tier, stop), Interval, nameof(Leftovers), clock, logger, cancel)
            )
        );

    /// <returns>How many were deleted.</returns>
    public async Task<int> Sweep(S3Tier tier, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var since = now - AgeMax - Slack;
        var swept = await tier.SweepLeftovers(
            now - AgeMax,
            now - AgeMin,
            (objects, stop) => Named(objects, since, stop),
            cancel
        );
        if (swept > 0)
            logger.LeftoversSwept(swept, tier.Name);
        return swept;
    }

    /// <summary>An event comes after the bytes that it names: it is enough to look back as far as those go.</summary>
    async Task<IReadOnlySet<string>> Named(IReadOnlySet<string> objects, DateTimeOffset since, CancellationToken cancel)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        var older = 0;
        await foreach (var recorded in log.ReadAll(Direction.Backwards, Position.End, long.MaxValue, cancel))
        {
            older = recorded.Created < since ? older + 1 : 0;
            if (older > OlderMax)
                break;
            if (LocationIn(recorded) is { } location && location.Split('@')[0] is var at && objects.Contains(at))
                named.Add(at);
        }
        return named;
    }

    static string? LocationIn(RecordedEvent recorded) =>
        !recorded.Stream.StartsWith("content-", StringComparison.Ordinal)
        && !recorded.Stream.StartsWith("upload-", StringComparison.Ordinal)
            ? null
            : recorded.Decoded() switch
            {
                ContentEvent.Stored e => e.Location,
                ContentEvent.Copied e => e.Location,
                ContentEvent.Repaired e => e.Location,
                UploadEvent.PartUploaded e => e.Location,
                UploadEvent.Completed e => e.Location,
                _ => null,
            };
}
