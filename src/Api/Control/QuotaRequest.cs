using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Projections;

namespace Varve.Api.Control;

/// <summary>To look at a bucket's quota, or to set it.</summary>
/// <param name="Set">Null changes nothing.</param>
/// <param name="By">Who decides it.</param>
sealed record QuotaRequest(string Bucket, WantedQuota? Set, string By)
{
    /// <exception cref="RejectedException">InvalidBucketName, NoSuchBucket, InvalidArgument.</exception>
    public async Task<QuotaState> Answer(Backend varve, CancellationToken cancel)
    {
        var name = BucketName.Parse(Bucket);
        if (Set is { } wanted)
            await varve.Run(Change(name, wanted, varve.Now), cancel);
        var bucket = await varve.Read(Domain.Buckets.Bucket.Decider, name.Stream, cancel);
        if (bucket.Owner is null)
            throw new RejectedException(ErrorCode.NoSuchBucket, $"There is no bucket {Bucket}.");
        return new(Bucket, bucket.Configuration.Quota, await varve.Reads.FindUsage(Bucket, cancel));
    }

    BucketCommand.Configure Change(BucketName name, WantedQuota wanted, DateTimeOffset now)
    {
        if (wanted.Bytes < 1 || wanted.Objects < 1)
            throw new RejectedException(ErrorCode.InvalidArgument, "A quota is at least 1.");
        var quota = wanted is (null, null) ? null : new BucketQuota(wanted.Bytes, wanted.Objects);
        return new(
            new CommandContext(Guid.CreateVersion7(now), By, now),
            name,
            new BucketConfigurationEvent.QuotaSet(quota, now)
        );
    }
}

/// <summary>Both null: none.</summary>
sealed record WantedQuota(long? Bytes, long? Objects);

/// <param name="Used">Null where there is no quota: then nobody counts.</param>
sealed record QuotaState(string Bucket, BucketQuota? Quota, BucketUsage? Used);
