using Varve.Domain.Buckets;
using Varve.EventStores;

namespace Varve.Workers.Notifications;

/// <summary>The buckets as they were at the place in the log that somebody who follows it has come to. A bucket is read
/// when it is first asked for, and followed from there on.</summary>
sealed class BucketsThen(IEventLog log)
{
    public const string Prefix = "bucket-";

    /// <summary>Buckets at hand. Beyond, all are read anew.</summary>
    const int KeptMax = 10_000;

    readonly Dictionary<string, Bucket> kept = new(StringComparer.Ordinal);

    /// <param name="stream">Of the bucket.</param>
    /// <param name="place">Where the log was followed up to.</param>
    public async ValueTask<Bucket> Read(string stream, Position place, CancellationToken cancel)
    {
        if (kept.TryGetValue(stream, out var known))
            return known;
        if (kept.Count == KeptMax)
            kept.Clear();
        var bucket = Bucket.Decider.Initial;
        await foreach (var recorded in log.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, cancel))
        {
            if (recorded.Position > place)
                break;
            bucket = Bucket.Decider.Evolve(bucket, (BucketEvent)recorded.Decoded());
        }
        return kept[stream] = bucket;
    }

    /// <summary>The log was followed to an event of a bucket.</summary>
    public void Follow(RecordedEvent recorded)
    {
        if (kept.TryGetValue(recorded.Stream, out var bucket))
            kept[recorded.Stream] = Bucket.Decider.Evolve(bucket, (BucketEvent)recorded.Decoded());
    }

    /// <summary>The log is followed from an earlier place again.</summary>
    public void Forget() => kept.Clear();
}
