using System.Buffers;
using System.Security.Cryptography;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Encryption;

/// <summary>A body that is encrypted on its way in. It hashes what it takes, as far as that is asked for; who stages it
/// hashes what it gives. Not thread-safe.</summary>
public sealed class SealingBody : IBodySource, IDisposable
{
    /// <summary>Chunks given at once.</summary>
    const int ChunksMax = 4;

    readonly IBodySource body;
    readonly ChunkCipher cipher;
    readonly byte[] plain = ArrayPool<byte>.Shared.Rent(ChunkCipher.ChunkBytes);
    readonly byte[] output = ArrayPool<byte>.Shared.Rent(ChunksMax * ChunkCipher.SealedChunkBytes);
    readonly IncrementalHash? md5;
    readonly IncrementalHash? sha256;
    readonly IncrementalChecksum? checksum;
    ReadOnlySequence<byte> rest;
    int filled;
    long index;
    bool ended;

    /// <param name="key">32 bytes, for this body alone.</param>
    /// <param name="md5">Whether to take an MD5 of the plain bytes.</param>
    /// <param name="sha256">Whether to take their SHA-256.</param>
    /// <param name="checksum">To take of the plain bytes too.</param>
    public SealingBody(IBodySource body, ReadOnlySpan<byte> key, bool md5, bool sha256, ChecksumAlgorithm? checksum)
    {
        this.body = body;
        cipher = new(key);
        this.md5 = md5 ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
        this.sha256 = sha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        this.checksum = checksum is { } algorithm ? new(algorithm) : null;
        AnnouncedLength = body.AnnouncedLength is { } length ? ChunkCipher.SealedSize(length) : null;
    }

    public long? AnnouncedLength { get; }

    /// <summary>Of the plain bytes so far.</summary>
    public long PlainSize { get; private set; }

    /// <summary>Of the plain bytes; null before the body's end.</summary>
    public PlainHashes? Hashes { get; private set; }

    public async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        var sealedBytes = 0;
        while (!ended && sealedBytes <= (ChunksMax - 1) * ChunkCipher.SealedChunkBytes)
        {
            if (rest.IsEmpty)
            {
                if (sealedBytes > 0)
                    break; // what is there goes on, before anything is waited for
                rest = await body.Next(cancel);
                if (rest.IsEmpty)
                    End();
            }
            // A full chunk waits for the byte behind it: only then is it known not to be the last.
            if (ended || filled == ChunkCipher.ChunkBytes)
                sealedBytes += Seal(output.AsSpan(sealedBytes));
            Fill();
        }
        return new(output, 0, sealedBytes);
    }

    public void Dispose()
    {
        md5?.Dispose();
        sha256?.Dispose();
        checksum?.Dispose();
        cipher.Dispose();
        ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        ArrayPool<byte>.Shared.Return(output);
    }

    void Fill()
    {
        while (!rest.IsEmpty && filled < ChunkCipher.ChunkBytes)
        {
            var piece = rest.FirstSpan;
            var taken = piece[..Math.Min(piece.Length, ChunkCipher.ChunkBytes - filled)];
            taken.CopyTo(plain.AsSpan(filled));
            md5?.AppendData(taken);
            sha256?.AppendData(taken);
            checksum?.Append(taken);
            filled += taken.Length;
            PlainSize += taken.Length;
            rest = rest.Slice(taken.Length);
        }
    }

    int Seal(Span<byte> to)
    {
        cipher.Seal(index++, ended, plain.AsSpan(0, filled), to);
        var length = (int)ChunkCipher.SealedSize(filled);
        filled = 0;
        return length;
    }

    void End()
    {
        ended = true;
        var value = checksum is null ? null : new byte[checksum.SizeBytes];
        checksum?.Finish(value);
        Hashes = new(md5?.GetHashAndReset(), sha256?.GetHashAndReset(), value);
    }
}

/// <param name="Md5">16 bytes; null if it was not asked for.</param>
/// <param name="Sha256">32 bytes; null if it was not asked for.</param>
/// <param name="Checksum">Big-endian; null if none was asked for.</param>
public sealed record PlainHashes(byte[]? Md5, byte[]? Sha256, byte[]? Checksum);
