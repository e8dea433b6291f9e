using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Varve.Tiers.Joining;

/// <summary>The uploads whose whole hashes follow. Thread-safe.</summary>
sealed class UploadFollowers(ITier tier, ILogger logger) : IAsyncDisposable
{
    /// <summary>More uploads than this at once are not followed: their wholes are hashed at the end.</summary>
    const int FollowedMax = 4096;

    readonly ConcurrentDictionary<string, UploadFollower> followers = new();

    // Half of the machine at most: parts that come in want the cores too.
    readonly SemaphoreSlim background = new(Math.Max(1, Environment.ProcessorCount / 2));

    public void Add(string uploadId, int number, Segment part)
    {
        if (followers.Count < FollowedMax || followers.ContainsKey(uploadId))
            followers.GetOrAdd(uploadId, id => new UploadFollower(id, tier, background, logger)).Add(number, part);
    }

    public int Followed(string uploadId) => followers.TryGetValue(uploadId, out var follower) ? follower.Followed : 0;

    public async ValueTask<(byte[] Sha256, byte[] Sha1)> Join(
        string uploadId,
        IReadOnlyList<Segment> segments,
        CancellationToken cancel
    )
    {
        if (followers.TryGetValue(uploadId, out var follower) && await follower.Join(segments, cancel) is { } hashes)
            return hashes;
        using var hash = new WholeHash();
        foreach (var segment in segments)
            await hash.Append(tier, segment, cancel);
        return hash.Current;
    }

    public void Forget(string uploadId)
    {
        if (followers.TryRemove(uploadId, out var follower))
            _ = follower.DisposeAsync().AsTask();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var uploadId in followers.Keys)
            if (followers.TryRemove(uploadId, out var follower))
                await follower.DisposeAsync();
    }
}
