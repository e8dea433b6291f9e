using System.Buffers;
using System.Net;

namespace Varve.Tiers.S3;

/// <summary>Bytes gathered in pooled blocks, which grow with what comes: who sends nothing costs little. Not
/// thread-safe while it gathers; may be sent any number of times.</summary>
sealed class GatheredBytes(long expected)
{
    const int FirstBlockBytes = 16 * 1024;
    const int BlockBytesMax = 1024 * 1024;

    readonly List<byte[]> blocks = [];
    int usedOfLast;
    int nextBlockBytes = (int)Math.Clamp(expected, 1, FirstBlockBytes);

    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (bytes.Length > 0)
        {
            if (blocks.Count == 0 || usedOfLast == blocks[^1].Length)
                Grow();
            var taken = Math.Min(bytes.Length, blocks[^1].Length - usedOfLast);
            bytes[..taken].CopyTo(blocks[^1].AsSpan(usedOfLast));
            usedOfLast += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>As the body of a request. Disposing the request leaves the bytes alone.</summary>
    public HttpContent Body() => new Content(this);

    /// <summary>Gives the blocks back; the bytes are gone then.</summary>
    public void Return()
    {
        foreach (var block in blocks)
            ArrayPool<byte>.Shared.Return(block);
        blocks.Clear();
    }

    void Grow()
    {
        blocks.Add(ArrayPool<byte>.Shared.Rent(nextBlockBytes));
        usedOfLast = 0;
        nextBlockBytes = Math.Min(blocks[^1].Length * 4, BlockBytesMax);
    }

    sealed class Content(GatheredBytes bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream,
            TransportContext? context,
            CancellationToken cancellationToken
        )
        {
            for (var i = 0; i < bytes.blocks.Count; i++)
            {
                var used = i < bytes.blocks.Count - 1 ? bytes.blocks[i].Length : bytes.usedOfLast;
                await stream.WriteAsync(bytes.blocks[i].AsMemory(0, used), cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
