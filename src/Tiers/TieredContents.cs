using System.Collections.Frozen;
using System.IO.Pipelines;
using Varve.Domain.Contents;

namespace Varve.Tiers;

/// <summary>
/// Contents that may be in several tiers: opens the nearest copy, and goes on with the next where one is damaged or its
/// tier out of reach, be it in the middle of a range. What it passes over as damaged, it reports. Thread-safe.
/// </summary>
/// <param name="copies">Where a content is by its SHA-256 in hex, the best first. Asked only when the copy that the
/// reader knew of has failed.</param>
/// <param name="damaged">Told of a content's damaged copy, by location.</param>
public sealed class TieredContents(
    IEnumerable<ITier> tiers,
    Func<string, CancellationToken, ValueTask<IReadOnlyList<string>>> copies,
    Func<string, string, ContentDamagedException, Task> damaged
)
{
    readonly FrozenDictionary<string, ITier> tiers = tiers.ToFrozenDictionary(tier => tier.Name);

    /// <exception cref="TierUnavailableException">No tier of this name is set up.</exception>
    public ITier Named(string tier) =>
        tiers.TryGetValue(tier, out var found)
            ? found
            : throw new TierUnavailableException(tier, "no such tier is set up");

    /// <summary>Forgets what is held in memory for an upload that ended.</summary>
    public void Forget(string uploadId)
    {
        foreach (var tier in tiers.Values)
            tier.Forget(uploadId);
    }

    /// <summary>Opens a content, at <paramref name="nearest"/> if that is to be had.</summary>
    /// <param name="content">SHA-256, 64 lower-case hex digits.</param>
    /// <param name="nearest">The location to begin with.</param>
    /// <param name="size">In bytes.</param>
    /// <exception cref="ContentDamagedException">No copy could be opened; this is what was wrong with the last.
    /// </exception>
    /// <exception cref="TierUnavailableException">Likewise.</exception>
    public async ValueTask<IContentReader> Open(string content, string nearest, long size, CancellationToken cancel)
    {
        var reader = new Reader(this, content, nearest, size);
        try
        {
            await reader.OpenNext(cancel);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    static bool IsOfTheCopy(Exception fault) => fault is ContentDamagedException or TierUnavailableException;

    /// <returns>The best copy that was not tried; null if there is none.</returns>
    async ValueTask<string?> Next(
        string content,
        string failed,
        Exception fault,
        HashSet<string> tried,
        CancellationToken cancel
    )
    {
        if (fault is ContentDamagedException damage)
            await damaged(content, failed, damage);
        return (await copies(content, cancel)).FirstOrDefault(other => !tried.Contains(other));
    }

    sealed class Reader(TieredContents contents, string content, string nearest, long size) : IContentReader
    {
        readonly HashSet<string> tried = new(StringComparer.Ordinal);
        IContentReader? current;
        string location = nearest;

        public async ValueTask OpenNext(CancellationToken cancel)
        {
            while (true)
                try
                {
                    tried.Add(location);
                    current = await contents.Named(ContentCopy.TierOf(location)).Open(location, size, cancel);
                    return;
                }
                catch (Exception fault) when (IsOfTheCopy(fault))
                {
                    if (!await Pass(fault, cancel))
                        throw;
                }
        }

        public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
        {
            var counted = new CountingWriter(output);
            while (true)
                try
                {
                    var done = counted.Written;
                    await current!.CopyTo(offset + done, length - done, counted, cancel);
                    return;
                }
                catch (Exception fault) when (IsOfTheCopy(fault))
                {
                    var spoilt = fault is ContentDamagedException { SentMayBeWrong: true } && counted.Written > 0;
                    if (!await Pass(fault, cancel) || spoilt)
                        throw;
                    await DisposeAsync();
                    await OpenNext(cancel);
                }
        }

        public async ValueTask DisposeAsync()
        {
            if (current is { } open)
                await open.DisposeAsync();
            current = null;
        }

        /// <returns>Whether there is another copy to try.</returns>
        async ValueTask<bool> Pass(Exception fault, CancellationToken cancel)
        {
            if (await contents.Next(content, location, fault, tried, cancel) is not { } next)
                return false;
            location = next;
            return true;
        }
    }

    /// <summary>Knows how much of a range has gone out, and so where the next copy goes on.</summary>
    sealed class CountingWriter(PipeWriter output) : PipeWriter
    {
        public long Written { get; private set; }

        public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

        public override long UnflushedBytes => output.UnflushedBytes;

        public override void Advance(int bytes)
        {
            output.Advance(bytes);
            Written += bytes;
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            output.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => output.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => output.Complete(exception);
    }
}
