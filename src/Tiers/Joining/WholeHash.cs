using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Varve.Tiers.Joining;

/// <summary>
/// The SHA-256 and SHA-1 of a whole that comes in segments: a writer that keeps nothing of what is written to it.
/// Not thread-safe.
/// </summary>
sealed class WholeHash : PipeWriter, IDisposable
{
    const int BufferBytes = 64 * 1024;

    readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly IncrementalHash sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    byte[] buffer = [];

    public (byte[] Sha256, byte[] Sha1) Current => (sha256.GetCurrentHash(), sha1.GetCurrentHash());

    /// <summary>Hashes a segment.</summary>
    public async ValueTask Append(ITier tier, Segment segment, CancellationToken cancel)
    {
        buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var content = await tier.Open(segment.Location, segment.Size, cancel);
            await content.CopyTo(0, segment.Size, this, cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }
    }

    public void Reset()
    {
        sha256.GetHashAndReset();
        sha1.GetHashAndReset();
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (buffer.Length < sizeHint)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent(sizeHint);
        }
        return buffer;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        sha256.AppendData(buffer.AsSpan(0, bytes));
        sha1.AppendData(buffer.AsSpan(0, bytes));
    }

    /// <summary>Lets others have the thread: hashing is long work in the background.</summary>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
        return default;
    }

    public override void CancelPendingFlush() { }

    public override void Complete(Exception? exception = null) { }

    public void Dispose()
    {
        sha256.Dispose();
        sha1.Dispose();
    }
}
