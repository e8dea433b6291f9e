using System.Numerics;
using CsCheck;
using Varve.Projections.Transparency;

namespace Varve.Projections.Tests.Transparency;

/// <summary>Against the vectors of Certificate Transparency, and against RFC 6962 §2.1 written down as it stands
/// there.</summary>
public sealed class MerkleTests
{
    static readonly byte[][] Vectors =
    [
        [],
        [0x00],
        [0x10],
        [0x20, 0x21],
        [0x30, 0x31],
        [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void A_tree_of_the_vectors_has_their_root(int size, string root)
    {
        Assert.Equal(root, Hex(Grow(Vectors[..size]).Root));
        Assert.Equal(root, Hex(Naive.Root(Vectors[..size])));
    }

    [Fact]
    public void A_path_of_the_vectors_is_theirs() =>
        Assert.Equal(
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
            Tiled(Vectors).Inclusion(0).Select(Hex)
        );

    [Fact]
    public void Proofs_from_tiles_are_those_of_the_RFC() =>
        Gen.Select(Gen.Int[1, 1_500], Gen.Int[0, 1_500])
            .Sample(
                (size, other) =>
                {
                    var leaves = Leaves(size);
                    var tree = Tiled(leaves);
                    Assert.Equal(Naive.Root(leaves), tree.Root());
                    Assert.Equal(Naive.Inclusion(other % size, leaves), tree.Inclusion(other % size));
                    Assert.Equal(Naive.Consistency(other % (size + 1), leaves), tree.Consistency(other % (size + 1)));
                },
                iter: 60
            );

    [Fact]
    public void A_proof_of_inclusion_holds_for_its_leaf_and_place_alone() =>
        Gen.Select(Gen.Int[1, 600], Gen.Int[0, 600], Gen.Int[0, 600])
            .Sample(
                (size, one, other) =>
                {
                    var leaves = Leaves(size);
                    var tree = Tiled(leaves);
                    var (index, wrong) = (one % size, other % size);
                    var (root, path, leaf) = (tree.Root(), tree.Inclusion(index), MerkleHash.Leaf(leaves[index]));
                    Assert.True(MerkleProof.Includes(size, root, index, leaf, path));
                    var another = MerkleHash.Leaf(leaves[wrong]);
                    Assert.Equal(wrong == index, MerkleProof.Includes(size, root, index, another, path));
                    Assert.Equal(wrong == index, MerkleProof.Includes(size, root, wrong, leaf, path));
                    Assert.False(MerkleProof.Includes(size, MerkleHash.Empty, index, leaf, path));
                    Assert.False(MerkleProof.Includes(size, root, index, leaf, [.. path, leaf]));
                    Assert.False(MerkleProof.Includes(size, root, -1, leaf, path));
                    foreach (var shorter in path.Take(1))
                        Assert.False(MerkleProof.Includes(size, root, index, leaf, path[1..]));
                },
                iter: 300
            );

    [Fact]
    public void A_proof_of_growth_holds_for_a_beginning_alone() =>
        Gen.Select(Gen.Int[1, 600], Gen.Int[0, 600], Gen.Int[0, 600])
            .Sample(
                (size, one, other) =>
                {
                    var leaves = Leaves(size);
                    var tree = Tiled(leaves);
                    var older = one % (size + 1);
                    var (root, olderRoot, path) = (tree.Root(), Naive.Root(leaves[..older]), tree.Consistency(older));
                    Assert.True(MerkleProof.Extends(older, olderRoot, size, root, path));
                    if (older == 0)
                        return;
                    leaves[other % older] = [.. leaves[other % older], 1];
                    Assert.False(MerkleProof.Extends(older, Naive.Root(leaves[..older]), size, root, path));
                    Assert.False(MerkleProof.Extends(older, olderRoot, size, Naive.Root(leaves), path));
                    Assert.False(MerkleProof.Extends(older, olderRoot, size, root, [.. path, root]));
                    Assert.False(MerkleProof.Extends(size + 1, olderRoot, size, root, path));
                },
                iter: 300
            );

    /// <summary>The example of c2sp.org/tlog-tiles.</summary>
    [Fact]
    public void A_tree_of_70000_has_the_tiles_that_the_format_says()
    {
        var tiles = Grow(Leaves(70_000)).Tiles.Keys;
        Assert.Equal(273, tiles.Count(tile => tile is { Level: 0, Width: Tile.Full }));
        Assert.Equal(
            [new Tile(0, 273, 112), new Tile(1, 0, 256), new Tile(1, 1, 17), new Tile(2, 0, 1)],
            tiles.Where(tile => tile is not { Level: 0, Width: Tile.Full }).OrderBy(t => (t.Level, t.Index))
        );
        Assert.Contains(new Tile(1, 0, 1), Grow(Leaves(256)).Tiles.Keys);
    }

    [Fact]
    public void A_tree_goes_on_from_its_tiles_as_if_it_had_never_stopped()
    {
        var leaves = Leaves(132_000);
        var whole = Grow(leaves);
        foreach (var size in (int[])[0, 256, 65_536, 65_792, 131_072, 131_840])
        {
            var first = Grow(leaves[..size]).Tiles;
            var later = new Dictionary<Tile, byte[]>();
            var tree = GrowingTree.Resume(size, tile => first[tile], (tile, hashes) => later[tile] = hashes.ToArray());
            foreach (var leaf in leaves[size..])
                tree.Add(MerkleHash.Leaf(leaf));
            Assert.Equal(Hex(whole.Root), Hex(tree.Root()));
            Assert.All(later, tile => Assert.Equal(whole.Tiles[tile.Key], tile.Value));
        }
    }

    [Theory]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(0, 999, 256, "tile/0/999")]
    [InlineData(1, 1_000, 255, "tile/1/x001/000.p/255")]
    [InlineData(63, 1_234_067, 256, "tile/63/x001/x234/067")]
    [InlineData(Tile.Entries, 1_234_067, 9, "tile/entries/x001/x234/067.p/9")]
    public void A_tile_has_the_path_that_the_format_says(int level, long index, int width, string path) =>
        Assert.Equal(path, new Tile(level, index, width).Path);

    static byte[][] Leaves(int count) => [.. Enumerable.Range(0, count).Select(BitConverter.GetBytes)];

    static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);

    static TiledTree Tiled(byte[][] leaves)
    {
        var tiles = Grow(leaves).Tiles;
        return new(leaves.Length, tile => tiles[tile]);
    }

    static (byte[] Root, Dictionary<Tile, byte[]> Tiles) Grow(byte[][] leaves)
    {
        var tiles = new Dictionary<Tile, byte[]>();
        var tree = new GrowingTree((tile, hashes) => tiles.Add(tile, hashes.ToArray()));
        foreach (var leaf in leaves)
            tree.Add(MerkleHash.Leaf(leaf));
        tree.Unfinished((tile, hashes) => tiles.Add(tile, hashes.ToArray()));
        return (tree.Root(), tiles);
    }

    /// <summary>RFC 6962 §2.1, line by line.</summary>
    static class Naive
    {
        public static byte[] Root(byte[][] leaves)
        {
            if (leaves.Length < 2)
                return leaves.Length == 0 ? MerkleHash.Empty : MerkleHash.Leaf(leaves[0]);
            var k = Split(leaves);
            return MerkleHash.Node(Root(leaves[..k]), Root(leaves[k..]));
        }

        public static byte[][] Inclusion(int m, byte[][] leaves)
        {
            if (leaves.Length == 1)
                return [];
            var k = Split(leaves);
            return m < k
                ? [.. Inclusion(m, leaves[..k]), Root(leaves[k..])]
                : [.. Inclusion(m - k, leaves[k..]), Root(leaves[..k])];
        }

        public static byte[][] Consistency(int m, byte[][] leaves) => m == 0 ? [] : Sub(m, leaves, whole: true);

        static byte[][] Sub(int m, byte[][] leaves, bool whole)
        {
            if (m == leaves.Length)
                return whole ? [] : [Root(leaves)];
            var k = Split(leaves);
            return m <= k
                ? [.. Sub(m, leaves[..k], whole), Root(leaves[k..])]
                : [.. Sub(m - k, leaves[k..], whole: false), Root(leaves[..k])];
        }

        static int Split(byte[][] leaves) => 1 << BitOperations.Log2((uint)leaves.Length - 1);
    }
}
