using System.Collections.Immutable;
using Varve.Domain.Access;

namespace Varve.Domain.Buckets;

public abstract partial record BucketCommand(CommandContext Context, BucketName Bucket) : Command(Context)
{
    public sealed override string Stream => Bucket.Stream;

    public override IEnumerable<Step> Steps() => [Step.On(Domain.Buckets.Bucket.Decider, Stream, this)];

    /// <param name="Owner">The user to whom the bucket will belong.</param>
    /// <param name="ObjectLock">Its objects can be locked; then it is versioned from the beginning.</param>
    public sealed record Create(CommandContext Context, BucketName Bucket, string Owner, bool ObjectLock = false)
        : BucketCommand(Context, Bucket)
    {
        /// <summary>How it is configured from the beginning.</summary>
        public ImmutableArray<BucketConfigurationEvent> Configured { get; init; } = [];

        internal Acl? Acl => Configured.OfType<BucketConfigurationEvent.AclSet>().LastOrDefault()?.Acl;
    }

    /// <param name="Change">At the time of <paramref name="Context"/>.</param>
    public sealed record Configure(CommandContext Context, BucketName Bucket, BucketConfigurationEvent Change)
        : BucketCommand(Context, Bucket);

    /// <summary>Changes nothing: a later step of the same command depends on the bucket.</summary>
    public sealed record Look(CommandContext Context, BucketName Bucket) : BucketCommand(Context, Bucket);

    /// <summary>Asked by every write into the bucket, in the same append: the bucket must be there.</summary>
    public sealed record Accept(CommandContext Context, BucketName Bucket) : BucketCommand(Context, Bucket);

    /// <summary>First half of a deletion: from here on a write into the bucket calls it off.</summary>
    public sealed record RequestDeletion(CommandContext Context, BucketName Bucket) : BucketCommand(Context, Bucket);

    /// <summary>Second half, sent once the read models have passed the request.</summary>
    /// <param name="Deletion">The number that the request left in the bucket's state. Another one by now means that
    /// this deletion was called off, whatever was found then.</param>
    /// <param name="Empty">Whether the bucket was found empty there.</param>
    public sealed record FinishDeletion(CommandContext Context, BucketName Bucket, int Deletion, bool Empty)
        : BucketCommand(Context, Bucket);
}

/// <summary>Stored for ever. A field's meaning never changes; see <see cref="EventCatalog"/> for names.</summary>
public abstract partial record BucketEvent
{
    private protected BucketEvent() { }

    public sealed record Created(string Owner, DateTimeOffset At) : BucketEvent;

    public sealed record DeletionRequested(DateTimeOffset At) : BucketEvent;

    public sealed record DeletionAbandoned(DateTimeOffset At) : BucketEvent;

    public sealed record Deleted(DateTimeOffset At) : BucketEvent;
}
