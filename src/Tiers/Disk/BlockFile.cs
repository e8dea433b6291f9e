using System.Buffers.Binary;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>
/// A file for one large content or part: the bytes, in blocks of 64 KiB; after each GiB of them (16,384 blocks), and
/// after the last block, the table of these blocks' checksums; then a trailer. So a range is checked without reading
/// the rest, neither writer nor reader holds more than one table in memory, and up to a GiB the file begins with
/// nothing but the content. All numbers are little-endian.
/// <code>
/// table    u32 CRC-32C of each block
/// trailer  0 "VARVEFIL"   8 u32 version 1   12 u32 0   16 u64 size   24 SHA-256   56 u32 0   60 u32 CRC-32C of 0-59
/// </code>
/// A table has no checksum of its own: an entry that rots disagrees with its block.
/// </summary>
static class BlockFile
{
    public const int BlockBytes = 64 * 1024;
    public const int StripeBlocks = 16 * 1024;
    public const int TableBytes = StripeBlocks * sizeof(uint);
    public const int TrailerBytes = 64;

    const long StripeBytes = (long)StripeBlocks * BlockBytes;
    const int Version = 1;
    const int CrcAt = 60;

    public static long FileLength(long size) => size + (BlocksOf(size) * sizeof(uint)) + TrailerBytes;

    /// <summary>Where a block stands in the file.</summary>
    public static long OffsetOfBlock(long block) => (block * BlockBytes) + (block / StripeBlocks * TableBytes);

    /// <summary>Where a block's checksum stands in the file.</summary>
    public static long OffsetOfCrc(long block, long size)
    {
        var stripe = block / StripeBlocks;
        var dataEnd = Math.Min((stripe + 1) * StripeBytes, size);
        return dataEnd + (stripe * TableBytes) + (block % StripeBlocks * sizeof(uint));
    }

    public static void WriteTrailer(Span<byte> trailer, long size, ReadOnlySpan<byte> sha256)
    {
        trailer.Clear();
        "VARVEFIL"u8.CopyTo(trailer);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[8..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[16..], size);
        sha256.CopyTo(trailer[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[CrcAt..], CrcOf(trailer));
    }

    public static bool TrailerIsRight(ReadOnlySpan<byte> trailer, long size) =>
        trailer.StartsWith("VARVEFIL"u8)
        && BinaryPrimitives.ReadInt32LittleEndian(trailer[8..]) == Version
        && BinaryPrimitives.ReadInt64LittleEndian(trailer[16..]) == size
        && BinaryPrimitives.ReadUInt32LittleEndian(trailer[CrcAt..]) == CrcOf(trailer);

    static long BlocksOf(long size) => (size + BlockBytes - 1) / BlockBytes;

    static uint CrcOf(ReadOnlySpan<byte> trailer) => (uint)Crc.Crc32C.Append(0, trailer[..CrcAt]);
}
