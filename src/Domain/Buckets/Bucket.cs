using System.Diagnostics;

namespace Varve.Domain.Buckets;

/// <summary>A bucket: who owns it, and whether it is there.</summary>
/// <param name="Owner">Null where there is no bucket (not yet, or no more).</param>
/// <param name="CreatedAt">UTC; of the last one, where there is none any more.</param>
/// <param name="Deleting">Its deletion was asked for, and is decided by whether it is empty.</param>
/// <param name="Deletion">How many times a deletion of this name was asked for: which one it is that goes on.</param>
public sealed record Bucket(string? Owner, DateTimeOffset CreatedAt, bool Deleting, int Deletion)
{
    public BucketConfiguration Configuration { get; init; } = BucketConfiguration.None;

    /// <summary>Null as long as versioning was never enabled.</summary>
    public BucketVersioning? Versioning { get; init; }

    /// <summary>Null where objects can't be locked; once they can, they can for ever.</summary>
    public ObjectLockRule? ObjectLock { get; init; }

    /// <summary>Null for none.</summary>
    public LifecycleRules? Lifecycle { get; init; }

    public static readonly Decider<Bucket, BucketCommand, BucketEvent> Decider = new(
        new Bucket(null, default, Deleting: false, Deletion: 0),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    static Decision<BucketEvent> Decide(Bucket bucket, BucketCommand command) =>
        command switch
        {
            BucketCommand.Create { ObjectLock: true } c when bucket.Owner is null => new Decision<BucketEvent>(
                [
                    new BucketEvent.Created(c.Owner, c.Context.At),
                    new BucketEvent.VersioningSet(BucketVersioning.Enabled, c.Context.At),
                    new BucketEvent.ObjectLockSet(Default: null, c.Context.At),
                    .. c.Configured,
                ],
                Rejection: null
            ),
            BucketCommand.Create c when bucket.Owner is null => new Decision<BucketEvent>(
                [new BucketEvent.Created(c.Owner, c.Context.At), .. c.Configured],
                Rejection: null
            ),
            // The owner asks for what is there already, or for another bucket under its name.
            BucketCommand.Create c => c.Owner == bucket.Owner && c.Acl == bucket.Configuration.Acl
                ? ErrorCode.BucketAlreadyOwnedByYou
                : ErrorCode.BucketAlreadyExists,
            BucketCommand.Look => new NoChange(),
            _ when bucket.Owner is null => new Rejection(ErrorCode.NoSuchBucket, command.Bucket.Text),

            BucketCommand.Accept c when bucket.Deleting => new BucketEvent.DeletionAbandoned(c.Context.At),
            BucketCommand.Accept => new NoChange(),

            BucketCommand.RequestDeletion when bucket.Deleting => new NoChange(),
            BucketCommand.RequestDeletion c => new BucketEvent.DeletionRequested(c.Context.At),

            BucketCommand.FinishDeletion c when c.Deletion != bucket.Deletion => ErrorCode.BucketNotEmpty,
            BucketCommand.FinishDeletion { Empty: true } c when bucket.Deleting => new BucketEvent.Deleted(
                c.Context.At
            ),
            BucketCommand.FinishDeletion c when bucket.Deleting => new BucketEvent.DeletionAbandoned(c.Context.At),
            BucketCommand.FinishDeletion => ErrorCode.BucketNotEmpty,

            BucketCommand.SetVersioning c when bucket.Versioning == c.Status => new NoChange(),
            BucketCommand.SetVersioning { Status: BucketVersioning.Suspended } when bucket.ObjectLock is not null =>
                new Rejection(
                    ErrorCode.InvalidBucketState,
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
                ),
            BucketCommand.SetVersioning c => new BucketEvent.VersioningSet(c.Status, c.Context.At),

            BucketCommand.SetObjectLock when bucket.Versioning != BucketVersioning.Enabled => new Rejection(
                ErrorCode.InvalidBucketState,
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
            ),
            BucketCommand.SetObjectLock c when bucket.ObjectLock == new ObjectLockRule(c.Default) => new NoChange(),
            BucketCommand.SetObjectLock c => new BucketEvent.ObjectLockSet(c.Default, c.Context.At),

            BucketCommand.SetLifecycle { Rules: null } when bucket.Lifecycle is null => new NoChange(),
            BucketCommand.SetLifecycle c => new BucketEvent.LifecycleSet(c.Rules, c.Context.At),

            BucketCommand.Configure c when bucket.Configuration.RefusalOf(c.Change, c.Bucket) is { } no => no,
            BucketCommand.Configure c when bucket.Configuration.With(c.Change) == bucket.Configuration =>
                new NoChange(),
            BucketCommand.Configure c => c.Change,
            _ => throw new UnreachableException(),
        };

    static Bucket Evolve(Bucket bucket, BucketEvent @event) =>
        @event switch
        {
            BucketEvent.Created e => new Bucket(e.Owner, e.At, Deleting: false, bucket.Deletion),
            BucketEvent.DeletionRequested => bucket with { Deleting = true, Deletion = bucket.Deletion + 1 },
            BucketEvent.DeletionAbandoned => bucket with { Deleting = false },
            BucketEvent.Deleted => new Bucket(Owner: null, bucket.CreatedAt, Deleting: false, bucket.Deletion),
            BucketEvent.VersioningSet e => bucket with { Versioning = e.Status },
            BucketEvent.ObjectLockSet e => bucket with { ObjectLock = new(e.Default) },
            BucketEvent.LifecycleSet e => bucket with { Lifecycle = e.Rules },
            BucketConfigurationEvent e => bucket with { Configuration = bucket.Configuration.With(e) },
            _ => throw new UnreachableException(),
        };
}
