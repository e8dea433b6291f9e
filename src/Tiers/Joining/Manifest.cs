using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;

namespace Varve.Tiers.Joining;

/// <summary>
/// The list of a joined content's segments, as it is stored:
/// <code>
/// 0 u32 count, then for each segment: u64 size, u16 length of the location, the location in ASCII
/// </code>
/// Numbers are little-endian. Immutable, thread-safe.
/// </summary>
sealed class Manifest
{
    readonly Segment[] segments;

    /// <summary>Where each segment ends in the content.</summary>
    readonly long[] ends;

    public Manifest(IReadOnlyList<Segment> segments)
    {
        this.segments = [.. segments];
        ends = new long[this.segments.Length];
        var end = 0L;
        for (var i = 0; i < ends.Length; i++)
            ends[i] = end += this.segments[i].Size;
        Size = end;
    }

    /// <summary>Of the content, in bytes.</summary>
    public long Size { get; }

    public IReadOnlyList<Segment> Segments => segments;

    /// <summary>The segments that hold a range, and the part of each.</summary>
    public IEnumerable<(Segment Segment, long Offset, long Length)> Within(long offset, long length)
    {
        var found = Array.BinarySearch(ends, offset + 1);
        for (var i = found < 0 ? ~found : found; length > 0; i++)
        {
            var inside = offset - (ends[i] - segments[i].Size);
            var bytes = Math.Min(length, ends[i] - offset);
            if (bytes > 0)
                yield return (segments[i], inside, bytes);
            (offset, length) = (offset + bytes, length - bytes);
        }
    }

    public static int EncodedLength(IReadOnlyList<Segment> segments) =>
        sizeof(uint) + segments.Sum(s => sizeof(long) + sizeof(ushort) + s.Location.Length);

    public static void Encode(IReadOnlyList<Segment> segments, Span<byte> payload)
    {
        BinaryPrimitives.WriteInt32LittleEndian(payload, segments.Count);
        payload = payload[sizeof(uint)..];
        foreach (var (location, size) in segments)
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload, size);
            BinaryPrimitives.WriteUInt16LittleEndian(payload[8..], (ushort)location.Length);
            Encoding.ASCII.GetBytes(location, payload[10..]);
            payload = payload[(10 + location.Length)..];
        }
    }

    /// <param name="payload">Checked already: its checksum matches.</param>
    public static Manifest Decode(ReadOnlySpan<byte> payload)
    {
        var segments = new Segment[BinaryPrimitives.ReadInt32LittleEndian(payload)];
        payload = payload[sizeof(uint)..];
        for (var i = 0; i < segments.Length; i++)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(payload[8..]);
            segments[i] = new(
                Encoding.ASCII.GetString(payload.Slice(10, length)),
                BinaryPrimitives.ReadInt64LittleEndian(payload)
            );
            payload = payload[(10 + length)..];
        }
        return new Manifest(segments);
    }
}

/// <summary>A joined content: reads across its segments.</summary>
sealed class SegmentsReader(Manifest manifest, ITier tier) : IContentReader
{
    public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
    {
        ContentRange.Check(offset, length, manifest.Size);
        foreach (var (segment, inside, bytes) in manifest.Within(offset, length))
        {
            await using var content = await tier.Open(segment.Location, segment.Size, cancel);
            await content.CopyTo(inside, bytes, output, cancel);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
