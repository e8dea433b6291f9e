using System.Buffers;
using System.Buffers.Binary;

namespace Varve.Projections.Transparency;

/// <summary>The entries of up to 256 leaves, each behind its length in two bytes, big-endian.</summary>
/// <seealso href="https://c2sp.org/tlog-tiles"/>
static class EntryBundle
{
    public static void Append(IBufferWriter<byte> bundle, ReadOnlySpan<byte> entry)
    {
        var place = bundle.GetSpan(2 + entry.Length);
        BinaryPrimitives.WriteUInt16BigEndian(place, checked((ushort)entry.Length));
        entry.CopyTo(place[2..]);
        bundle.Advance(2 + entry.Length);
    }

    /// <exception cref="EndOfStreamException">It is cut off.</exception>
    public static List<byte[]> Parse(ReadOnlySpan<byte> bundle)
    {
        var entries = new List<byte[]>(Tile.Full);
        while (!bundle.IsEmpty)
        {
            var length = bundle.Length < 2 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(bundle);
            if (length < 0 || bundle.Length < 2 + length)
                throw new EndOfStreamException($"A bundle of entries is cut off after {entries.Count}.");
            entries.Add(bundle.Slice(2, length).ToArray());
            bundle = bundle[(2 + length)..];
        }
        return entries;
    }
}
