using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Varve.Tiers.Encryption;

/// <summary>Takes the sealed chunks of one segment and writes what they hold: each as soon as it is whole, once it has
/// shown to be what was sealed. Not thread-safe.</summary>
sealed class OpeningWriter : PipeWriter, IDisposable
{
    /// <summary>What is lent at once: the rest of a chunk, and the whole ones of a reader that writes many.</summary>
    const int BufferBytes = 4 * ChunkCipher.SealedChunkBytes;

    readonly PipeWriter output;
    readonly ChunkCipher cipher;
    readonly string location;
    readonly long size;
    readonly byte[] plain = ArrayPool<byte>.Shared.Rent(ChunkCipher.ChunkBytes);
    byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    int filled;
    long index;
    long skip;
    long left;

    /// <param name="index">Of the first chunk that comes.</param>
    /// <param name="skip">Bytes of it that are not asked for.</param>
    /// <param name="length">Of what is asked for, in bytes.</param>
    public OpeningWriter(PipeWriter output, SealedSegment segment, long index, long skip, long length, string location)
    {
        (this.output, this.location, size) = (output, location, segment.Size);
        (this.index, this.skip, left) = (index, skip, length);
        cipher = new(segment.Key());
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (buffer.Length - filled < Math.Max(sizeHint, 1))
        {
            var larger = ArrayPool<byte>.Shared.Rent(filled + sizeHint);
            buffer.AsSpan(0, filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
        return buffer.AsMemory(filled);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <exception cref="ContentDamagedException">A chunk does not open.</exception>
    public override void Advance(int bytes)
    {
        filled += bytes;
        var taken = 0;
        for (int chunk; left > 0 && filled - taken >= (chunk = ChunkLength()); taken += chunk)
            Open(buffer.AsSpan(taken, chunk));
        buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
        filled -= taken;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        output.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) { }

    public void Dispose()
    {
        cipher.Dispose();
        ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    bool IsLast => index == ChunkCipher.ChunksOf(size) - 1;

    int ChunkLength() =>
        (int)ChunkCipher.SealedSize(IsLast ? size - (index * ChunkCipher.ChunkBytes) : ChunkCipher.ChunkBytes);

    void Open(ReadOnlySpan<byte> chunk)
    {
        var length = chunk.Length - (int)(ChunkCipher.SealedSize(0));
        // A chunk that is wanted whole needs no stop on the way.
        var whole = skip == 0 && left >= length;
        var to = whole ? output.GetSpan(length)[..length] : plain.AsSpan(0, length);
        try
        {
            cipher.Open(index, IsLast, chunk, to);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new ContentDamagedException(location, $"encrypted chunk {index} is not what was sealed");
        }
        var wanted = (int)Math.Min(left, length - skip);
        if (whole)
            output.Advance(length);
        else
            output.Write(plain.AsSpan((int)skip, wanted));
        (skip, left, index) = (0, left - wanted, index + 1);
    }
}
