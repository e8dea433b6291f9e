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

    public static readonly Decider<Bucket, BucketCommand, BucketEvent> Decider = new(
        new Bucket(null, default, Deleting: false, Deletion: 0),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    static Decision<BucketEvent> Decide(Bucket bucket, BucketCommand command) =>
        command switch
        {
            BucketCommand.Create c when bucket.Owner is null => new Decision<BucketEvent>(
                [new BucketEvent.Created(c.Owner, c.Context.At), .. c.Configured],
                Rejection: null
            ),
            BucketCommand.Create c => c.Owner == bucket.Owner
                ? ErrorCode.BucketAlreadyOwnedByYou
                : ErrorCode.BucketAlreadyExists,
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
            BucketEvent.Deleted => bucket with { Owner = null, Deleting = false },
            BucketConfigurationEvent e => bucket with { Configuration = bucket.Configuration.With(e) },
            _ => throw new UnreachableException(),
        };
}
