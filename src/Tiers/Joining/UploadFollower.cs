using Microsoft.Extensions.Logging;

namespace Varve.Tiers.Joining;

/// <summary>
/// Hashes an upload's parts 1, 2, 3… in order while later ones still come in, so that completing has at most the tail
/// left. Only what it holds in memory: after a restart the whole is hashed when the upload is completed. Thread-safe.
/// </summary>
sealed class UploadFollower(string uploadId, ITier tier, SemaphoreSlim background, ILogger logger) : IAsyncDisposable
{
    readonly Lock gate = new();
    readonly Dictionary<int, Segment> parts = [];
    readonly CancellationTokenSource closing = new();
    int followed;
    bool stale;
    bool working;

    // Whoever has the turn owns these.
    readonly SemaphoreSlim turn = new(1, 1);
    readonly WholeHash hash = new();
    readonly List<Segment> prefix = [];
    bool broken;

    /// <summary>How many parts, from the first, are hashed.</summary>
    public int Followed
    {
        get
        {
            lock (gate)
                return followed;
        }
    }

    /// <summary>A part was kept. One that comes again under its number makes what follows it hash again.</summary>
    public void Add(int number, Segment part)
    {
        lock (gate)
        {
            parts[number] = part;
            stale |= number <= followed;
            if (working || closing.IsCancellationRequested)
                return;
            working = true;
        }
        _ = Task.Run(Work);
    }

    /// <summary>The hashes of all segments end to end. Starts from what was followed, where that is their
    /// beginning; null if the upload was closed.</summary>
    public async ValueTask<(byte[] Sha256, byte[] Sha1)?> Join(
        IReadOnlyList<Segment> segments,
        CancellationToken cancel
    )
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (closing.IsCancellationRequested)
                return null;
            if (broken || prefix.Count > segments.Count || prefix.Where((part, i) => part != segments[i]).Any())
                Restart();
            while (prefix.Count < segments.Count)
                await Append(segments[prefix.Count], cancel);
            return hash.Current;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Stops the work, and frees the hashes once nobody uses them.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await turn.WaitAsync(CancellationToken.None);
        hash.Dispose();
        turn.Release(); // who still waits finds it closed, so neither of the two is disposed
    }

    async Task Work()
    {
        try
        {
            while (await Step()) { }
        }
        catch (OperationCanceledException)
        {
            // The upload has ended.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            lock (gate)
                working = false; // the next part tries again
            logger.FollowingStopped(uploadId, e);
        }
    }

    /// <summary>Hashes the next part.</summary>
    /// <returns>False when there is none, for now.</returns>
    async Task<bool> Step()
    {
        await background.WaitAsync(closing.Token);
        try
        {
            await turn.WaitAsync(closing.Token);
            try
            {
                if (Next() is not { } part)
                    return false;
                await Append(part, closing.Token);
                return true;
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            background.Release();
        }
    }

    Segment? Next()
    {
        lock (gate)
        {
            if (broken || stale)
                Restart();
            working = parts.TryGetValue(prefix.Count + 1, out var next);
            return working ? next : null;
        }
    }

    async ValueTask Append(Segment part, CancellationToken cancel)
    {
        broken = true; // if this is cut short, the hashes have seen half of a part
        await hash.Append(tier, part, cancel);
        broken = false;
        prefix.Add(part);
        lock (gate)
        {
            followed = prefix.Count;
            stale |= parts.TryGetValue(followed, out var newest) && newest != part; // it came again meanwhile
        }
    }

    void Restart()
    {
        hash.Reset();
        prefix.Clear();
        broken = false;
        lock (gate)
            (followed, stale) = (0, false);
    }
}
