namespace Varve.Projections.Transparency;

/// <summary>Standard base64 with one spelling for each value: what reads as the same must be the same.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc4648#section-4"/>
static class Base64
{
    /// <exception cref="FormatException">Not base64, or not its one spelling.</exception>
    public static byte[] Parse(string text)
    {
        var bytes = Convert.FromBase64String(text);
        return Convert.ToBase64String(bytes) == text
            ? bytes
            : throw new FormatException($"'{text}' is not the spelling of its bytes in base64.");
    }

    /// <exception cref="FormatException">Not a hash.</exception>
    public static byte[] ParseHash(string text) =>
        Parse(text) is { Length: MerkleHash.Size } hash
            ? hash
            : throw new FormatException($"'{text}' is not a SHA-256 in base64.");
}
