using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Varve.Tiers.Tests;

/// <summary>A tier that is elsewhere, as far as anybody can tell: it has whole contents, no parts, and can be out of
/// reach. Its bytes can be damaged.</summary>
sealed class MemoryTier(string name) : ITier
{
    /// <summary>A reader checks and passes on so many bytes at once.</summary>
    public const int BlockBytes = 64 * 1024;

    readonly ConcurrentDictionary<string, (byte[] Bytes, int Wrong)> kept = new();

    public string Name => name;

    public bool IsReachable { get; set; } = true;

    /// <summary>Damage is seen at the end of a content alone, as where only the whole has a checksum.</summary>
    public bool ChecksWholesAlone { get; set; }

    /// <summary>How often bytes were brought here.</summary>
    public int Staged { get; private set; }

    public ICollection<string> Locations => kept.Keys;

    /// <summary>From this offset on the bytes at a location are wrong.</summary>
    public void Damage(string location, int offset) => kept[location] = kept[location] with { Wrong = offset };

    public async ValueTask<StagedContent> Stage(IBodySource body, StageOptions options, CancellationToken cancel)
    {
        Reach();
        Staged++;
        using var bytes = new MemoryStream();
        while (await body.Next(cancel) is { IsEmpty: false } piece)
            bytes.Write(piece.ToArray());
        var whole = bytes.ToArray();
        return new MemoryContent(whole)
        {
            Size = whole.Length,
            Sha256 = SHA256.HashData(whole),
            Sha1 = SHA1.HashData(whole),
            Md5 = null,
            Checksum = null,
        };
    }

    public ValueTask<string> Keep(StagedContent staged, CancellationToken cancel)
    {
        Reach();
        var location = $"{name}:bucket/{name}/{Convert.ToHexStringLower(staged.Sha256)}";
        if (staged.Elsewhere)
            location += $"-{Guid.NewGuid():N}";
        var bytes = ((MemoryContent)staged).Bytes;
        kept[location] = (bytes, Wrong: int.MaxValue);
        return new(location);
    }

    public ValueTask<string> KeepPart(string uploadId, int number, StagedContent staged, CancellationToken cancel) =>
        throw new NotSupportedException("Parts are kept in the nearest tier.");

    public ValueTask<StagedContent> Join(string uploadId, IReadOnlyList<Segment> parts, CancellationToken cancel) =>
        throw new NotSupportedException("Parts are kept in the nearest tier.");

    public void Forget(string uploadId) { }

    public ValueTask<IContentReader> Open(string location, long size, CancellationToken cancel)
    {
        Reach();
        return kept.TryGetValue(location, out var found) && found.Bytes.Length == size
            ? new(new Reader(this, location))
            : throw new ContentDamagedException(location, "nothing of this size is here");
    }

    public ValueTask Purge(string location, CancellationToken cancel)
    {
        Reach();
        kept.TryRemove(location, out _);
        return ValueTask.CompletedTask;
    }

    void Reach()
    {
        if (!IsReachable)
            throw new TierUnavailableException(name, "no answer");
    }

    sealed class MemoryContent(byte[] bytes) : StagedContent
    {
        public byte[] Bytes => bytes;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    sealed class Reader(MemoryTier tier, string location) : IContentReader
    {
        public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
        {
            for (var end = offset + length; offset < end; )
            {
                tier.Reach();
                var (bytes, wrong) = tier.kept[location];
                var to = (int)Math.Min(end, offset + BlockBytes);
                if (to > wrong && (to == end || !tier.ChecksWholesAlone))
                    throw new ContentDamagedException(location, "wrong bytes")
                    {
                        SentMayBeWrong = tier.ChecksWholesAlone,
                    };
                await output.WriteAsync(bytes.AsMemory((int)offset..to), cancel);
                offset = to;
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
