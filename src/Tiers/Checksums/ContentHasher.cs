using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Varve.Tiers.Checksums;

/// <summary>
/// Takes a content's hashes in one pass: MD5, SHA-1, SHA-256, and the checksum that the client wants. Pooled, since
/// making one costs more than hashing 4 KiB with it. Not thread-safe.
/// </summary>
public sealed class ContentHasher
{
    const int PooledMax = 256;
    static readonly ConcurrentQueue<ContentHasher> Pool = new();

    readonly IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    readonly IncrementalHash sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>One for each CRC, made when first asked for.</summary>
    readonly IncrementalChecksum?[] crcs = new IncrementalChecksum?[3];

    ChecksumAlgorithm? algorithm;
    IncrementalChecksum? crc;
    bool takesMd5;

    ContentHasher() { }

    /// <param name="checksum">To take beside the standing three; SHA-1 and SHA-256 are not computed twice.</param>
    /// <param name="md5">False leaves out the slowest of the three, where nobody wants it.</param>
    public static ContentHasher Rent(ChecksumAlgorithm? checksum, bool md5 = true)
    {
        var hasher = Pool.TryDequeue(out var pooled) ? pooled : new ContentHasher();
        hasher.algorithm = checksum;
        hasher.takesMd5 = md5;
        hasher.crc = checksum is null or ChecksumAlgorithm.Sha1 or ChecksumAlgorithm.Sha256
            ? null
            : hasher.crcs[(int)checksum] ??= new IncrementalChecksum(checksum.Value);
        return hasher;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (takesMd5)
            md5.AppendData(bytes);
        sha1.AppendData(bytes);
        sha256.AppendData(bytes);
        crc?.Append(bytes);
    }

    /// <summary>Ends the content. The hasher goes back to its pool: touch it no more.</summary>
    public ContentHashes Finish()
    {
        var (sha256Hash, sha1Hash) = (sha256.GetHashAndReset(), sha1.GetHashAndReset());
        var checksum = algorithm switch
        {
            null => null,
            ChecksumAlgorithm.Sha1 => sha1Hash,
            ChecksumAlgorithm.Sha256 => sha256Hash,
            _ => new byte[crc!.SizeBytes],
        };
        crc?.Finish(checksum);
        var hashes = new ContentHashes(sha256Hash, sha1Hash, takesMd5 ? md5.GetHashAndReset() : null, checksum);
        if (Pool.Count < PooledMax)
            Pool.Enqueue(this);
        else
            Dispose();
        return hashes;
    }

    /// <summary>Lets go of a hasher in the middle of a content.</summary>
    public void Abandon() => Dispose();

    void Dispose()
    {
        md5.Dispose();
        sha1.Dispose();
        sha256.Dispose();
    }
}

/// <param name="Sha256">32 bytes.</param>
/// <param name="Sha1">20 bytes.</param>
/// <param name="Md5">16 bytes; null if it was not asked for.</param>
/// <param name="Checksum">Big-endian; null if none was asked for.</param>
public readonly record struct ContentHashes(byte[] Sha256, byte[] Sha1, byte[]? Md5, byte[]? Checksum);
