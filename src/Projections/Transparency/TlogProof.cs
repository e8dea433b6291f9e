namespace Varve.Projections.Transparency;

/// <summary>That an entry is in a log, all in one file.</summary>
/// <param name="Extra">Here the entry itself, so that the file says what it proves.</param>
/// <param name="Path">From the leaf's sibling upwards.</param>
/// <param name="Checkpoint">The signed note.</param>
/// <seealso href="https://c2sp.org/tlog-proof"/>
public sealed record TlogProof(byte[]? Extra, long Index, IReadOnlyList<byte[]> Path, string Checkpoint)
{
    public const string FirstLine = "c2sp.org/tlog-proof@v1";

    const string ExtraWord = "extra ";
    const string IndexWord = "index ";

    /// <exception cref="FormatException">Not such a proof.</exception>
    public static TlogProof Parse(string text)
    {
        var (head, checkpoint) = ProofLines.Split(text);
        if (head is not [FirstLine, .. var rest])
            throw new FormatException($"A proof begins with {FirstLine}.");
        byte[]? extra = null;
        if (rest is [var first, ..] && first.StartsWith(ExtraWord, StringComparison.Ordinal))
            (extra, rest) = (Base64.Parse(first[ExtraWord.Length..]), rest[1..]);
        return rest is [var index, .. var path] && index.StartsWith(IndexWord, StringComparison.Ordinal)
            ? new(
                extra,
                Transparency.Checkpoint.ParseSize(index[IndexWord.Length..]),
                ProofLines.Hashes(path),
                checkpoint
            )
            : throw new FormatException("A proof says 'index' and the entry's index.");
    }

    /// <summary>Whether the entry is in the tree of the checkpoint.</summary>
    public bool Holds(Checkpoint checkpoint, ReadOnlySpan<byte> entry) =>
        MerkleProof.Includes(checkpoint.Size, checkpoint.Root, Index, MerkleHash.Leaf(entry), Path);

    public override string ToString()
    {
        var extra = Extra is null ? "" : $"{ExtraWord}{Convert.ToBase64String(Extra)}\n";
        return $"{FirstLine}\n{extra}{IndexWord}{Index}\n{ProofLines.Of(Path)}\n{Checkpoint}";
    }
}

/// <summary>That a log begins with what it was before: what a witness is sent.</summary>
/// <param name="OldSize">Leaves of the older tree.</param>
/// <param name="Checkpoint">The signed note of the newer one.</param>
/// <seealso href="https://c2sp.org/tlog-witness"/>
public sealed record ConsistencyProof(long OldSize, IReadOnlyList<byte[]> Path, string Checkpoint)
{
    public const string FirstWord = "old ";

    /// <exception cref="FormatException">Not such a proof.</exception>
    public static ConsistencyProof Parse(string text)
    {
        var (head, checkpoint) = ProofLines.Split(text);
        return head is [var old, .. var path] && old.StartsWith(FirstWord, StringComparison.Ordinal)
            ? new(Transparency.Checkpoint.ParseSize(old[FirstWord.Length..]), ProofLines.Hashes(path), checkpoint)
            : throw new FormatException("A proof of consistency says 'old' and the older size.");
    }

    /// <summary>Whether the newer tree begins with the older one.</summary>
    public bool Holds(Checkpoint older, Checkpoint newer) =>
        older.Size == OldSize && MerkleProof.Extends(older.Size, older.Root, newer.Size, newer.Root, Path);

    public override string ToString() => $"{FirstWord}{OldSize}\n{ProofLines.Of(Path)}\n{Checkpoint}";
}

/// <summary>What both kinds of proof are written in: lines, an empty one, a checkpoint.</summary>
static class ProofLines
{
    /// <summary>A tree of 2^63 leaves needs no more.</summary>
    const int HashesMax = 63;

    public static (string[] Head, string Checkpoint) Split(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        return end < 0
            ? throw new FormatException("A proof ends with an empty line and a checkpoint.")
            : (text[..end].Split('\n'), text[(end + 2)..]);
    }

    public static IReadOnlyList<byte[]> Hashes(string[] lines) =>
        lines.Length <= HashesMax
            ? [.. lines.Select(Base64.ParseHash)]
            : throw new FormatException($"A proof has at most {HashesMax} hashes.");

    public static string Of(IReadOnlyList<byte[]> hashes) =>
        string.Concat(hashes.Select(hash => $"{Convert.ToBase64String(hash)}\n"));
}
