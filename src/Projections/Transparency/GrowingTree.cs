namespace Varve.Projections.Transparency;

/// <summary>A Merkle tree that only its right edge is kept of: leaves come in, finished tiles go out. 8 KiB a level.
/// Not thread-safe.</summary>
/// <param name="finished">Given each full tile once; the bytes are only lent.</param>
public sealed class GrowingTree(Action<Tile, ReadOnlySpan<byte>> finished)
{
    readonly List<Edge> edges = [];

    /// <summary>Leaves.</summary>
    public long Size { get; private set; }

    /// <summary>Goes on where only full tiles of leaves are.</summary>
    /// <param name="size">A multiple of 256.</param>
    /// <param name="read">A full tile's hashes.</param>
    public static GrowingTree Resume(
        long size,
        Func<Tile, ReadOnlySpan<byte>> read,
        Action<Tile, ReadOnlySpan<byte>> finished
    )
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(size % Tile.Full, 0);
        var tree = new GrowingTree(finished) { Size = size };
        for (var level = 0; Tile.Hashes(level, size) is > 0 and var hashes; level++)
        {
            var edge = new Edge { Tiles = hashes / Tile.Full };
            for (var below = edge.Tiles * Tile.Full; below < hashes; below++)
                edge.Add(MerkleHash.Root(read(new(level - 1, below, Tile.Full))));
            tree.edges.Add(edge);
        }
        return tree;
    }

    public void Add(ReadOnlySpan<byte> leafHash)
    {
        Size++;
        var hash = leafHash;
        for (var level = 0; ; level++)
        {
            if (level == edges.Count)
                edges.Add(new());
            var edge = edges[level];
            edge.Add(hash);
            if (edge.Width < Tile.Full)
                return;
            finished(new(level, edge.Tiles, Tile.Full), edge.Filled);
            hash = MerkleHash.Root(edge.Filled);
            edge.Next();
        }
    }

    /// <summary>Gives out the tiles of the edge, which are not full.</summary>
    public void Unfinished(Action<Tile, ReadOnlySpan<byte>> tile)
    {
        for (var level = 0; level < edges.Count; level++)
            if (edges[level].Width > 0)
                tile(new(level, edges[level].Tiles, edges[level].Width), edges[level].Filled);
    }

    public byte[] Root()
    {
        byte[]? root = null;
        foreach (var edge in edges)
            for (var (bit, end) = (1, edge.Width); bit < Tile.Full; bit *= 2)
                if ((edge.Width & bit) != 0)
                {
                    end -= bit;
                    var left = MerkleHash.Root(edge.Filled.Slice(end * MerkleHash.Size, bit * MerkleHash.Size));
                    root = root is null ? left : MerkleHash.Node(left, root);
                }
        return root ?? MerkleHash.Empty;
    }

    sealed class Edge
    {
        readonly byte[] hashes = new byte[Tile.Full * MerkleHash.Size];

        public long Tiles { get; set; }

        public int Width { get; private set; }

        public ReadOnlySpan<byte> Filled => hashes.AsSpan(0, Width * MerkleHash.Size);

        public void Add(ReadOnlySpan<byte> hash) => hash.CopyTo(hashes.AsSpan(Width++ * MerkleHash.Size));

        public void Next() => (Tiles, Width) = (Tiles + 1, 0);
    }
}
