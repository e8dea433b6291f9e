namespace Varve.Domain.Buckets;

/// <summary>What a bucket may hold: all versions of its objects.</summary>
/// <param name="Bytes">At least 1; null for no bound.</param>
/// <param name="Objects">Versions, at least 1; null for no bound.</param>
public sealed record BucketQuota(long? Bytes, long? Objects);

public abstract partial record BucketCommand
{
    /// <param name="Rules">Null takes them away.</param>
    public sealed record SetNotifications(CommandContext Context, BucketName Bucket, NotificationRules? Rules)
        : BucketCommand(Context, Bucket);

    /// <param name="Quota">Null takes it away.</param>
    public sealed record SetQuota(CommandContext Context, BucketName Bucket, BucketQuota? Quota)
        : BucketCommand(Context, Bucket);
}

public abstract partial record BucketEvent
{
    /// <param name="Rules">Null for none any more.</param>
    public sealed record NotificationsSet(NotificationRules? Rules, DateTimeOffset At) : BucketEvent;

    /// <param name="Quota">Null for none any more.</param>
    public sealed record QuotaSet(BucketQuota? Quota, DateTimeOffset At) : BucketEvent;
}
