using Varve.Domain.Objects;

namespace Varve.Domain.Buckets;

/// <summary>What becomes of an object's earlier versions. A bucket without it never had versions.</summary>
public enum BucketVersioning
{
    /// <summary>Each write makes a version with an id of its own.</summary>
    Enabled,

    /// <summary>Each write replaces the version without an id, <c>null</c>; the others stay.</summary>
    Suspended,
}

/// <summary>How objects of a bucket are locked.</summary>
/// <param name="Default">For versions that are written without a retention of their own; null for none.</param>
public sealed record ObjectLockRule(DefaultRetention? Default);

/// <summary>A retention that begins when a version is written.</summary>
/// <param name="Days">Either these or <paramref name="Years"/>, at least 1.</param>
public sealed record DefaultRetention(RetentionMode Mode, int? Days, int? Years)
{
    public Retention From(DateTimeOffset at) =>
        new(Mode, Years is { } years ? at.AddYears(years) : at.AddDays(Days ?? 0));
}

public abstract partial record BucketCommand
{
    public sealed record SetVersioning(CommandContext Context, BucketName Bucket, BucketVersioning Status)
        : BucketCommand(Context, Bucket);

    /// <summary>Lets objects be locked, and says how those are that do not say it.</summary>
    public sealed record SetObjectLock(CommandContext Context, BucketName Bucket, DefaultRetention? Default)
        : BucketCommand(Context, Bucket);

    /// <param name="Rules">Null takes them away.</param>
    public sealed record SetLifecycle(CommandContext Context, BucketName Bucket, LifecycleRules? Rules)
        : BucketCommand(Context, Bucket);
}

public abstract partial record BucketEvent
{
    public sealed record VersioningSet(BucketVersioning Status, DateTimeOffset At) : BucketEvent;

    public sealed record ObjectLockSet(DefaultRetention? Default, DateTimeOffset At) : BucketEvent;

    /// <param name="Rules">Null for none any more.</param>
    public sealed record LifecycleSet(LifecycleRules? Rules, DateTimeOffset At) : BucketEvent;
}
