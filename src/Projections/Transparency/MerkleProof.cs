using System.Numerics;

namespace Varve.Projections.Transparency;

/// <summary>Checks proofs; trusts nothing but the roots it is given.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2"/>
public static class MerkleProof
{
    /// <summary>Whether the leaf is in the tree, at this index.</summary>
    public static bool Includes(
        long size,
        ReadOnlySpan<byte> root,
        long index,
        byte[] leafHash,
        IReadOnlyList<byte[]> path
    )
    {
        if (index < 0 || index >= size)
            return false;
        var (at, last) = (index, size - 1);
        var hash = leafHash;
        foreach (var sibling in path)
        {
            if (last == 0)
                return false;
            if (IsRight(at) || at == last)
            {
                hash = MerkleHash.Node(sibling, hash);
                (at, last) = Lift(at, last);
            }
            else
                hash = MerkleHash.Node(hash, sibling);
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the newer tree begins with the older one.</summary>
    public static bool Extends(
        long olderSize,
        ReadOnlySpan<byte> olderRoot,
        long size,
        ReadOnlySpan<byte> root,
        IReadOnlyList<byte[]> path
    )
    {
        if (olderSize < 0 || olderSize > size)
            return false;
        if (olderSize == size)
            return path.Count == 0 && olderRoot.SequenceEqual(root);
        if (olderSize == 0)
            return path.Count == 0 && olderRoot.SequenceEqual(MerkleHash.Empty);

        // A perfect older tree is a node of the newer one: its root begins the path, and is not sent.
        IEnumerable<byte[]> whole = BitOperations.IsPow2(olderSize) ? [olderRoot.ToArray(), .. path] : path;
        var (at, last) = (olderSize - 1, size - 1);
        for (; IsRight(at); at >>= 1)
            last >>= 1;
        byte[]? older = null;
        byte[]? newer = null;
        foreach (var hash in whole)
        {
            if (older is null || newer is null)
            {
                older = newer = hash;
                continue;
            }
            if (last == 0)
                return false;
            if (IsRight(at) || at == last)
            {
                (older, newer) = (MerkleHash.Node(hash, older), MerkleHash.Node(hash, newer));
                (at, last) = Lift(at, last);
            }
            else
                newer = MerkleHash.Node(newer, hash);
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && olderRoot.SequenceEqual(older) && root.SequenceEqual(newer);
    }

    static bool IsRight(long node) => (node & 1) == 1;

    /// <summary>Up to where the node is a right child: in between it has no sibling.</summary>
    static (long At, long Last) Lift(long at, long last)
    {
        while (!IsRight(at) && at != 0)
            (at, last) = (at >> 1, last >> 1);
        return (at, last);
    }
}
