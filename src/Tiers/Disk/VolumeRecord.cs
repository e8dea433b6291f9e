using System.Buffers.Binary;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

enum RecordKind : byte
{
    Content = 1,
    Segments = 2,

    /// <summary>The payload is gone; the header stays, so that what follows is found.</summary>
    Purged = 3,
}

/// <summary>
/// A volume, <c>volume/000001.vol</c>, is a header of 64 bytes, then records, then zeros written ahead. All numbers are
/// little-endian. A record begins at a multiple of 64 and is padded with zeros to the next.
/// <code>
/// volume header   0 "VARVEVOL"   8 u32 version 1   12 u32 number   16 zeros   60 u32 CRC-32C of bytes 0-59
/// record header   0 "VREC"   4 u8 version 1   5 u8 kind   6 u16 0   8 u32 payload length   12 u32 payload CRC-32C
///                16 SHA-256 of the content   48 u64 own offset   56 u32 volume number   60 u32 CRC-32C of bytes 0-59
/// payload         the bytes, or the list of segments (see <see cref="Joining.Manifest"/>)
/// </code>
/// A record knows its own place, so that one written to, or read from, a wrong place is noticed.
/// </summary>
static class VolumeRecord
{
    public const int HeaderBytes = 64;
    public const int Alignment = 64;
    public const int PayloadMax = 64 * 1024 * 1024;

    const uint Magic = 0x4345_5256; // "VREC"
    const byte Version = 1;
    const int CrcAt = 60;

    /// <summary>Bytes that a record takes in its volume.</summary>
    public static int Padded(int payload) => (HeaderBytes + payload + Alignment - 1) & -Alignment;

    /// <summary>Completes a record whose payload stands behind the room for its header, but for its place.</summary>
    public static void Seal(Span<byte> record, RecordKind kind, int payload, ReadOnlySpan<byte> sha256)
    {
        record[(HeaderBytes + payload)..Padded(payload)].Clear();
        var header = record[..HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = Version;
        header[5] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], payload);
        var crc = (uint)Crc.Crc32C.Append(0, record.Slice(HeaderBytes, payload));
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], crc);
        sha256.CopyTo(header[16..]);
    }

    /// <summary>Gives a sealed record its place.</summary>
    public static void Place(Span<byte> header, int volume, long offset)
    {
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], offset);
        BinaryPrimitives.WriteInt32LittleEndian(header[56..], volume);
        WriteCrc(header);
    }

    /// <summary>Marks a record's header as that of a purged one.</summary>
    public static void MarkPurged(Span<byte> header)
    {
        header[5] = (byte)RecordKind.Purged;
        WriteCrc(header);
    }

    /// <returns>Whether this is the header of a record at this very place.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> header,
        int volume,
        long offset,
        out (RecordKind Kind, int Payload, uint Crc) record
    )
    {
        record = (
            (RecordKind)header[5],
            BinaryPrimitives.ReadInt32LittleEndian(header[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[12..])
        );
        return BinaryPrimitives.ReadUInt32LittleEndian(header) == Magic
            && header[4] == Version
            && BinaryPrimitives.ReadInt64LittleEndian(header[48..]) == offset
            && BinaryPrimitives.ReadInt32LittleEndian(header[56..]) == volume
            && record.Payload is >= 0 and <= PayloadMax
            && CrcIsRight(header);
    }

    public static void WriteVolumeHeader(Span<byte> header, int volume)
    {
        header.Clear();
        "VARVEVOL"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], volume);
        WriteCrc(header);
    }

    static void WriteCrc(Span<byte> header) =>
        BinaryPrimitives.WriteUInt32LittleEndian(header[CrcAt..], (uint)Crc.Crc32C.Append(0, header[..CrcAt]));

    static bool CrcIsRight(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header[CrcAt..]) == (uint)Crc.Crc32C.Append(0, header[..CrcAt]);
}
