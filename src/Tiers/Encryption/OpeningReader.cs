using System.IO.Pipelines;

namespace Varve.Tiers.Encryption;

/// <summary>Bytes that were sealed under one key.</summary>
/// <param name="Size">Of the plain bytes.</param>
/// <param name="Key">Makes the key, 32 bytes, of a segment that is read.</param>
public readonly record struct SealedSegment(long Size, Func<byte[]> Key);

/// <summary>The plain bytes of an encrypted content: of a range, the chunks that it touches are read, and no others.
/// Not thread-safe.</summary>
/// <param name="segments">End to end, as they are stored.</param>
/// <param name="location">Named when a chunk does not open.</param>
public sealed class OpeningReader(IContentReader content, IReadOnlyList<SealedSegment> segments, string location)
    : IContentReader
{
    public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
    {
        var (end, from, stored) = (offset + length, 0L, 0L);
        foreach (var segment in segments)
        {
            var (first, last) = (Math.Max(offset, from), Math.Min(end, from + segment.Size));
            if (first < last)
                await Copy(segment, stored, first - from, last - first, output, cancel);
            from += segment.Size;
            stored += ChunkCipher.SealedSize(segment.Size);
        }
    }

    public ValueTask DisposeAsync() => content.DisposeAsync();

    async ValueTask Copy(
        SealedSegment segment,
        long stored,
        long offset,
        long length,
        PipeWriter output,
        CancellationToken cancel
    )
    {
        var index = offset / ChunkCipher.ChunkBytes;
        var behind = ((offset + length - 1) / ChunkCipher.ChunkBytes) + 1;
        var first = index * ChunkCipher.SealedChunkBytes;
        var last = Math.Min(behind * ChunkCipher.SealedChunkBytes, ChunkCipher.SealedSize(segment.Size));
        using var writer = new OpeningWriter(output, segment, index, offset % ChunkCipher.ChunkBytes, length, location);
        await content.CopyTo(stored + first, last - first, writer, cancel);
    }
}
