using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Projections;

namespace Varve.Workers;

/// <summary>Follows the lifecycle rules of the buckets: walks the versions of each, page by page, and deletes what is
/// due. What is written meanwhile is never hit, as each deletion names the version that it is about.</summary>
/// <param name="day">How long the rules' days are; shorter in tests.</param>
public sealed class LifecycleWorker(
    ReadModels reads,
    IMediator door,
    TimeProvider clock,
    TimeSpan day,
    ILogger<LifecycleWorker> logger
) : IWorker
{
    /// <summary>Who did it, where a rule did: no user's name has a colon.</summary>
    public const string Actor = "varve:lifecycle";

    const int PageSize = 1000;

    static readonly TimeSpan IntervalLeast = TimeSpan.FromSeconds(1);

    /// <summary>Rules speak of whole days, and their ends are noticed within a twenty-fourth.</summary>
    readonly TimeSpan interval = day / 24 > IntervalLeast ? day / 24 : IntervalLeast;

    public Task Run(CancellationToken cancel) =>
        Rounds.Run(Follow, interval, nameof(LifecycleWorker), clock, logger, cancel);

    /// <summary>Follows all rules once.</summary>
    /// <returns>How many versions were deleted or hidden, and uploads ended.</returns>
    public async Task<int> Follow(CancellationToken cancel)
    {
        var done = 0;
        foreach (var bucket in await reads.BucketsWithLifecycle(cancel))
        {
            var rules = new LifecycleRules([.. bucket.Lifecycle!.All.Where(rule => rule.Enabled)]);
            done += await DeleteDue(bucket.Name, rules, cancel);
            foreach (var rule in rules.All)
                if (rule.AbortUploadsAfterDays is { } days)
                    done += await EndUploads(bucket.Name, rule.KeyPrefix, days, cancel);
        }
        if (done > 0)
            logger.LifecycleFollowed(done);
        return done;
    }

    async Task<int> DeleteDue(string bucket, LifecycleRules rules, CancellationToken cancel)
    {
        if (!rules.All.Any(rule => rule.Expiration is not null || rule.Noncurrent is not null))
            return 0;
        var done = 0;
        var walk = new LifecycleWalk(rules, clock.GetUtcNow(), day);
        var prefix = SharedPrefix([.. rules.All.Select(rule => rule.KeyPrefix)]);
        var page = new VersionPage([], [], Truncated: true, "", "");
        while (page.Truncated)
        {
            var (key, version) = (page.NextKeyMarker, page.NextVersionIdMarker);
            page = await reads.ListVersions(new(bucket, prefix, "", key, version, PageSize), cancel);
            var due = page.Versions.SelectMany(walk.Due).ToList();
            if (!page.Truncated)
                due.AddRange(walk.End());
            // All at once, so that they share the log's commits.
            var outcomes = await Task.WhenAll(due.Select(version => Delete(bucket, version, cancel)));
            done += outcomes.Count(outcome => outcome is { Rejection: null, Position: not null });
        }
        return done;
    }

    Task<Outcome> Delete(string bucket, ListedVersion version, CancellationToken cancel)
    {
        var id = new ObjectId(BucketName.Parse(bucket), ObjectKey.Parse(version.Key));
        ObjectCommand command = version is { IsLatest: true, IsMarker: false }
            ? new ObjectCommand.Delete(Context(), id, WriteCondition.None) { Version = version.VersionId }
            : new ObjectCommand.DeleteVersion(Context(), id, version.VersionId, Bypass: false)
            {
                OnlyNoncurrent = !version.IsLatest,
            };
        return door.Send(command, cancel);
    }

    async Task<int> EndUploads(string bucket, string prefix, int days, CancellationToken cancel)
    {
        var done = 0;
        var page = new UploadPage([], [], Truncated: true, "", "");
        while (page.Truncated)
        {
            var (key, upload) = (page.NextKeyMarker, page.NextUploadIdMarker);
            page = await reads.ListUploads(new(bucket, prefix, "", key, upload, PageSize), cancel);
            foreach (var open in page.Uploads)
            {
                if (LifecycleRules.After(open.InitiatedAt, days, day) > clock.GetUtcNow())
                    continue;
                var outcome = await door.Send(new UploadCommand.Expire(Context(), open.UploadId), cancel);
                done += outcome.Rejection is null ? 1 : 0;
            }
        }
        return done;
    }

    CommandContext Context()
    {
        var now = clock.GetUtcNow();
        return new(Guid.CreateVersion7(now), Actor, now);
    }

    static string SharedPrefix(IReadOnlyList<string> prefixes)
    {
        var shared = prefixes[0];
        foreach (var prefix in prefixes)
            while (!prefix.StartsWith(shared, StringComparison.Ordinal))
                shared = shared[..^1];
        return shared.Length > 0 && char.IsHighSurrogate(shared[^1]) ? shared[..^1] : shared;
    }
}
