using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Varve.Tiers.Checksums;

/// <summary>One of S3's checksums, taken piece by piece. Usable again after each <see cref="Finish"/>.
/// Not thread-safe.</summary>
public sealed class IncrementalChecksum : IDisposable
{
    readonly Crc? crc;
    readonly IncrementalHash? hash;
    ulong value;

    public IncrementalChecksum(ChecksumAlgorithm algorithm)
    {
        crc = CrcOf(algorithm);
        hash = algorithm switch
        {
            ChecksumAlgorithm.Sha1 => IncrementalHash.CreateHash(HashAlgorithmName.SHA1),
            ChecksumAlgorithm.Sha256 => IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
            _ => null,
        };
    }

    /// <summary>In bytes: 4, 8, 20 or 32.</summary>
    public int SizeBytes => crc?.SizeBytes ?? hash!.HashLengthInBytes;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (crc is null)
            hash!.AppendData(bytes);
        else
            value = crc.Append(value, bytes);
    }

    /// <summary>Writes the checksum, big-endian as S3 sends it, and begins anew.</summary>
    /// <param name="destination">At least <see cref="SizeBytes"/> long.</param>
    public void Finish(Span<byte> destination)
    {
        if (crc is null)
            hash!.GetHashAndReset(destination);
        else
            Write(crc, value, destination);
        value = 0;
    }

    /// <summary>
    /// The checksum of two pieces end to end, from theirs: how a FULL_OBJECT checksum of a multipart upload is made.
    /// </summary>
    /// <param name="algorithm">A CRC: SHA-1 and SHA-256 can't be combined.</param>
    /// <param name="secondLength">Of the second piece, in bytes.</param>
    /// <exception cref="ArgumentException">Not a CRC, or a checksum of the wrong length.</exception>
    public static byte[] Combine(
        ChecksumAlgorithm algorithm,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        long secondLength
    )
    {
        var crc = CrcOf(algorithm) ?? throw new ArgumentException($"{algorithm} can't be combined.", nameof(algorithm));
        var combined = new byte[crc.SizeBytes];
        Write(crc, crc.Combine(Read(crc, first), Read(crc, second), secondLength), combined);
        return combined;
    }

    public void Dispose() => hash?.Dispose();

    static Crc? CrcOf(ChecksumAlgorithm algorithm) =>
        algorithm switch
        {
            ChecksumAlgorithm.Crc32 => Crc.Crc32,
            ChecksumAlgorithm.Crc32C => Crc.Crc32C,
            ChecksumAlgorithm.Crc64Nvme => Crc.Crc64Nvme,
            ChecksumAlgorithm.Sha1 or ChecksumAlgorithm.Sha256 => null,
        };

    static ulong Read(Crc crc, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != crc.SizeBytes)
            throw new ArgumentException($"A checksum of {bytes.Length} bytes, not {crc.SizeBytes}.", nameof(bytes));
        return bytes.Length == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    static void Write(Crc crc, ulong value, Span<byte> destination)
    {
        if (crc.SizeBytes == 4)
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(destination, value);
    }
}
