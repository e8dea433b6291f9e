using System.Numerics;
using System.Security.Cryptography;

namespace Varve.Projections.Transparency;

/// <summary>The hashes of a Merkle tree: SHA-256, leaves and nodes told apart by their first byte.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc6962#section-2.1"/>
public static class MerkleHash
{
    /// <summary>Bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>Entries up to so many bytes are hashed without a copy on the heap: ours have less than 100.</summary>
    const int OnStack = 256;

    /// <summary>Of a tree without leaves.</summary>
    public static byte[] Empty => SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> entry)
    {
        Span<byte> input = entry.Length < OnStack ? stackalloc byte[OnStack] : new byte[1 + entry.Length];
        input = input[..(1 + entry.Length)];
        input[0] = 0;
        entry.CopyTo(input[1..]);
        return SHA256.HashData(input);
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var node = new byte[Size];
        Node(left, right, node);
        return node;
    }

    /// <summary>Of a perfect subtree.</summary>
    /// <param name="hashes">Its lowest hashes, one behind the other: 1, 2, 4 … of them.</param>
    public static byte[] Root(ReadOnlySpan<byte> hashes)
    {
        var width = hashes.Length / Size;
        if (hashes.Length % Size != 0 || !BitOperations.IsPow2(width))
            throw new ArgumentException($"{hashes.Length} bytes are no perfect subtree.", nameof(hashes));
        var row = hashes.ToArray();
        for (; width > 1; width /= 2)
        for (var i = 0; i < width; i += 2)
            Node(At(row, i), At(row, i + 1), At(row, i / 2));
        return row[..Size];
    }

    static Span<byte> At(byte[] row, int index) => row.AsSpan(index * Size, Size);

    /// <param name="node">May be the left one.</param>
    static void Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> node)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Size)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Size)..]);
        SHA256.HashData(input, node);
    }
}
