using System.Numerics;

namespace Varve.Projections.Transparency;

/// <summary>A tree of a certain size, as its tiles tell it: what proofs are made from. Not thread-safe.</summary>
/// <param name="read">The hashes of a tile.</param>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc6962#section-2.1"/>
public sealed class TiledTree(long size, Func<Tile, byte[]> read)
{
    readonly Dictionary<Tile, byte[]> tiles = [];

    public byte[] Root() => size == 0 ? MerkleHash.Empty : Subtree(0, size);

    public ReadOnlySpan<byte> LeafHash(long index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        return Hashes(level: 0, index, count: 1);
    }

    /// <summary>The audit path of a leaf, from its sibling upwards.</summary>
    public List<byte[]> Inclusion(long index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)size);
        var path = new List<byte[]>();
        var (start, count) = (0L, size);
        while (count > 1)
        {
            var left = Split(count);
            var goesLeft = index < start + left;
            path.Add(goesLeft ? Subtree(start + left, count - left) : Subtree(start, left));
            (start, count) = goesLeft ? (start, left) : (start + left, count - left);
        }
        path.Reverse();
        return path;
    }

    /// <summary>The proof that this tree begins with the older one.</summary>
    public List<byte[]> Consistency(long older)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)older, (ulong)size);
        var path = new List<byte[]>();
        if (older == 0 || older == size)
            return path;
        var (start, count) = (0L, size);
        while (start + count > older)
        {
            var left = Split(count);
            var goesLeft = older <= start + left;
            path.Add(goesLeft ? Subtree(start + left, count - left) : Subtree(start, left));
            (start, count) = goesLeft ? (start, left) : (start + left, count - left);
        }
        if (start > 0)
            path.Add(Subtree(start, count)); // else it is the older tree, whose root the verifier has
        path.Reverse();
        return path;
    }

    /// <summary>The largest power of two that is smaller.</summary>
    static long Split(long count) => 1L << BitOperations.Log2((ulong)count - 1);

    byte[] Subtree(long start, long count)
    {
        if (!BitOperations.IsPow2(count))
        {
            var left = Split(count);
            return MerkleHash.Node(Subtree(start, left), Subtree(start + left, count - left));
        }
        var height = BitOperations.Log2((ulong)count);
        var (level, within) = (height / 8, height % 8);
        return MerkleHash.Root(Hashes(level, start >> (8 * level), 1 << within));
    }

    ReadOnlySpan<byte> Hashes(int level, long first, int count)
    {
        var tile = Tile.In(size, level, first / Tile.Full);
        if (!tiles.TryGetValue(tile, out var hashes))
            tiles[tile] = hashes = read(tile);
        return hashes.AsSpan((int)(first % Tile.Full) * MerkleHash.Size, count * MerkleHash.Size);
    }
}
