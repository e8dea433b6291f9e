using BitFaster.Caching.Lru;
using MediatR;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.EventStores;

namespace Varve.Projections.Buckets;

/// <summary>
/// Whether buckets have room. What a bucket holds is asked of the read models, which show what this process
/// acknowledged before; writes that are under way at the same time do not see each other. Thread-safe.
/// </summary>
public sealed class BucketQuotas(AggregateStates states, ReadModels reads)
{
    /// <summary>How late this process may learn that another one changed a quota.</summary>
    static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);

    const int KeptMax = 10_000;

    readonly ConcurrentTLru<string, BucketQuota?> kept = new(KeptMax, Lateness);

    /// <summary>Why a bucket can't take more; null if it can.</summary>
    /// <param name="bytes">Of one object, or of a part of one.</param>
    public async ValueTask<Rejection?> RefusalOf(BucketName bucket, long bytes, CancellationToken cancel)
    {
        if (!kept.TryGet(bucket.Text, out var quota))
        {
            var current = await states.Read(Bucket.Decider, bucket.Stream, cancel);
            kept.AddOrUpdate(bucket.Text, quota = current.Configuration.Quota);
        }
        if (quota is null || await reads.FindUsage(bucket.Text, cancel) is not { } usage)
            return null;
        return usage.Bytes + bytes > quota.Bytes || usage.Objects + 1 > quota.Objects
            ? new Rejection(ErrorCode.QuotaExceeded, bucket.Text)
            : null;
    }

    public void Forget(BucketName bucket) => kept.TryRemove(bucket.Text);
}

/// <summary>Refuses what a bucket has no room for, whichever surface it comes by.</summary>
public sealed class QuotaBehavior(BucketQuotas quotas, AggregateStates states, IEventLog log)
    : IPipelineBehavior<Command, Outcome>
{
    public async Task<Outcome> Handle(
        Command request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<Outcome> next
    )
    {
        if (
            GrowthOf(request) is var (bucket, bytes)
            && await quotas.RefusalOf(bucket, bytes, cancellationToken) is { } no
            && !await IsDone(request, cancellationToken)
        )
            return Outcome.Refused(no);
        var outcome = await next();
        if (request is BucketCommand.Configure { Change: BucketConfigurationEvent.QuotaSet } set)
            quotas.Forget(set.Bucket);
        return outcome;
    }

    static (BucketName Bucket, long Bytes)? GrowthOf(Command command) =>
        command switch
        {
            ObjectCommand.Put c => (c.Object.Bucket, c.PlainSize ?? c.Content.Size),
            ObjectCommand.Restore c => (c.Object.Bucket, c.Content.Size),
            UploadCommand.Complete c => (c.Object.Bucket, c.Parts.Sum(part => part.Size)),
            _ => null,
        };

    /// <summary>Whether it is asked again, after an answer that got lost: then it gets the same one.</summary>
    async ValueTask<bool> IsDone(Command command, CancellationToken cancel)
    {
        if (command is UploadCommand.Complete complete)
            return (await states.Read(Upload.Decider, complete.Stream, cancel)).Status != UploadStatus.Open;
        if (!command.Context.Repeatable)
            return false;
        var stream = CommandHandled.StreamOf(command.Context.Id);
        await foreach (var _ in log.ReadStream(stream, Direction.Forwards, 0, 1, cancel))
            return true;
        return false;
    }
}
