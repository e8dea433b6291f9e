using System.Globalization;

namespace Varve.Projections.Transparency;

/// <summary>What a tree is at a size: the text of a signed note.</summary>
/// <param name="Origin">Which log; the name of its key.</param>
/// <param name="Size">Leaves.</param>
/// <seealso href="https://c2sp.org/tlog-checkpoint"/>
public sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    /// <exception cref="FormatException">Not a checkpoint.</exception>
    public static Checkpoint Parse(string text) =>
        text.Split('\n') is [{ Length: > 0 } origin, var size, var root, .. var more, ""]
        && more.All(line => line.Length > 0)
            ? new(origin, ParseSize(size), Base64.ParseHash(root))
            : throw new FormatException("A checkpoint has a line each for origin, size and root.");

    /// <summary>A decimal number without leading zeros.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static long ParseSize(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && $"{size}" == text
            ? size
            : throw new FormatException($"'{text}' is not a number of leaves.");

    public override string ToString() => $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n";
}

/// <summary>A checkpoint, and the note that makes it worth something.</summary>
/// <param name="Note">Verbatim, as it was signed.</param>
public sealed record SignedCheckpoint(Checkpoint Checkpoint, string Note)
{
    public long Size => Checkpoint.Size;

    public static SignedCheckpoint Sign(Checkpoint checkpoint, NoteSigner signer) =>
        new(checkpoint, $"{SignedNote.Sign($"{checkpoint}", signer)}");

    /// <exception cref="FormatException">Not a checkpoint, or not signed by the log's key.</exception>
    public static SignedCheckpoint Open(string note, NoteVerifier key)
    {
        var signed = SignedNote.Parse(note);
        if (!signed.IsSignedBy(key))
            throw new FormatException($"The checkpoint is not signed by {key}.");
        var checkpoint = Checkpoint.Parse(signed.Text);
        return checkpoint.Origin == key.Name
            ? new(checkpoint, note)
            : throw new FormatException($"The checkpoint is of '{checkpoint.Origin}', the key of '{key.Name}'.");
    }
}
