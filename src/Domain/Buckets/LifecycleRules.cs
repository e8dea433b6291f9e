using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Varve.Domain.Buckets;

/// <summary>What is done to a bucket's objects by their age, as S3 writes it.</summary>
public sealed record LifecycleRules(ImmutableArray<LifecycleRule> All)
{
    /// <summary>What S3 counts in.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>So many days later, and then the next midnight, UTC.</summary>
    /// <param name="day">How long a day is; midnights are whole numbers of it since year 1.</param>
    public static DateTimeOffset After(DateTimeOffset at, int days, TimeSpan day)
    {
        var ticks = Math.Min(at.UtcTicks + (days * (decimal)day.Ticks), DateTimeOffset.MaxValue.Ticks - day.Ticks);
        return new((long)Math.Ceiling(ticks / day.Ticks) * day.Ticks, TimeSpan.Zero);
    }

    /// <summary>When a current version expires, and by which rule; null if it does not.</summary>
    public (DateTimeOffset At, LifecycleRule Rule)? ExpiryOf(
        string key,
        long size,
        ImmutableSortedDictionary<string, string>? tags,
        DateTimeOffset lastModified,
        TimeSpan day
    )
    {
        (DateTimeOffset At, LifecycleRule Rule)? first = null;
        foreach (var rule in All)
            if (
                rule is { Enabled: true, Expiration: { } expiration }
                && rule.AppliesTo(key, size, tags)
                && expiration.Of(lastModified, day) is { } at
                && !(first?.At <= at)
            )
                first = (at, rule);
        return first;
    }
}

/// <param name="Id">Unique among the rules of a bucket; 1 to 255 characters.</param>
/// <param name="Enabled">Whether it is followed, or only kept.</param>
/// <param name="Filter">Which objects; null where the rule has a <paramref name="Prefix"/> in its place.</param>
/// <param name="Prefix">The older way to say which objects; null where there is a filter.</param>
/// <param name="Expiration">Of the current version.</param>
/// <param name="Noncurrent">Of those before it.</param>
/// <param name="AbortUploadsAfterDays">Of uploads that were not completed; null for never.</param>
public sealed record LifecycleRule(
    string Id,
    bool Enabled,
    LifecycleFilter? Filter,
    string? Prefix,
    LifecycleExpiration? Expiration,
    NoncurrentExpiration? Noncurrent,
    int? AbortUploadsAfterDays
)
{
    /// <summary>What all keys that the rule is about begin with.</summary>
    [JsonIgnore]
    public string KeyPrefix => Filter?.Prefix ?? Prefix ?? "";

    public bool AppliesTo(string key, long size, ImmutableSortedDictionary<string, string>? tags) =>
        key.StartsWith(KeyPrefix, StringComparison.Ordinal) && (Filter is null || Filter.Fits(size, tags));
}

/// <summary>All that is said must hold; nothing said means every object.</summary>
/// <param name="And">Written within an <c>And</c>.</param>
/// <param name="SizeGreaterThan">In bytes, exclusive.</param>
/// <param name="SizeLessThan">In bytes, exclusive.</param>
public sealed record LifecycleFilter(
    bool? And = null,
    string? Prefix = null,
    ImmutableSortedDictionary<string, string>? Tags = null,
    long? SizeGreaterThan = null,
    long? SizeLessThan = null
)
{
    /// <summary>Delete markers and uploads have neither tags nor a size: a rule that asks for them passes them over.
    /// </summary>
    [JsonIgnore]
    public bool AsksForMoreThanPrefix => Tags is not null || SizeGreaterThan is not null || SizeLessThan is not null;

    public bool Fits(long size, ImmutableSortedDictionary<string, string>? tags) =>
        (SizeGreaterThan is not { } more || size > more)
        && (SizeLessThan is not { } less || size < less)
        && (Tags is null || Tags.All(tag => tags?.GetValueOrDefault(tag.Key) == tag.Value));
}

/// <summary>One of the three.</summary>
/// <param name="Date">Midnight, UTC: from then on.</param>
/// <param name="DeleteMarkers">Whether delete markers go that have no versions behind them any more.</param>
public sealed record LifecycleExpiration(int? Days = null, DateTimeOffset? Date = null, bool? DeleteMarkers = null)
{
    /// <returns>Null where neither days nor a date are said.</returns>
    public DateTimeOffset? Of(DateTimeOffset lastModified, TimeSpan day) =>
        Days is { } days ? LifecycleRules.After(lastModified, days, day) : Date;
}

/// <param name="Days">After the version was replaced, at least 1.</param>
/// <param name="NewerKept">So many noncurrent versions stay however old they are; null for none.</param>
public sealed record NoncurrentExpiration(int Days, int? NewerKept);
