using Varve.Domain.Buckets;
using Varve.Projections;

namespace Varve.Workers;

/// <summary>Judges the versions of a bucket one after the other, in the order of a listing: by key, the newest first.
/// </summary>
sealed class LifecycleWalk(LifecycleRules rules, DateTimeOffset now, TimeSpan day)
{
    ListedVersion? newer;

    /// <summary>A delete marker that is the latest, until it is known whether anything is behind it.</summary>
    ListedVersion? marker;

    /// <summary>Noncurrent versions of the key that are newer than the next one.</summary>
    int noncurrent;

    /// <returns>What is to be deleted, now that this version is known too.</returns>
    public IEnumerable<ListedVersion> Due(ListedVersion version)
    {
        if (newer?.Key != version.Key)
        {
            foreach (var alone in End())
                yield return alone;
            (newer, noncurrent) = (null, 0);
        }
        marker = version is { IsLatest: true, IsMarker: true } ? version : null;
        var due = version.IsLatest
            ? !version.IsMarker && IsExpired(version)
            : newer is not null && IsOutdated(version, replacedAt: newer.LastModified, newerOnes: noncurrent++);
        newer = version;
        if (due)
            yield return version;
    }

    /// <returns>What is to be deleted, now that no other version of the key follows.</returns>
    public IEnumerable<ListedVersion> End()
    {
        if (marker is { } alone && rules.All.Any(rule => IsLeftOver(rule, alone)))
            yield return alone;
        marker = null;
    }

    bool IsExpired(ListedVersion version) =>
        rules.ExpiryOf(version.Key, version.Size, version.Tags, version.LastModified, day) is var (at, _) && at <= now;

    bool IsOutdated(ListedVersion version, DateTimeOffset replacedAt, int newerOnes) =>
        rules.All.Any(rule =>
            rule.Noncurrent is { } expiration
            && AppliesTo(rule, version)
            && newerOnes >= (expiration.NewerKept ?? 0)
            && LifecycleRules.After(replacedAt, expiration.Days, day) <= now
        );

    bool IsLeftOver(LifecycleRule rule, ListedVersion alone) =>
        rule.Expiration is { } expiration
        && AppliesTo(rule, alone)
        && (expiration.DeleteMarkers == true || expiration.Of(alone.LastModified, day) <= now);

    static bool AppliesTo(LifecycleRule rule, ListedVersion version) =>
        rule.AppliesTo(version.Key, version.Size, version.Tags)
        && !(version.IsMarker && rule.Filter is { AsksForMoreThanPrefix: true });
}
