using System.Buffers;

namespace Varve.Domain.Contents;

/// <summary>The SHA-256 of a content, as 64 lower-case hex digits: its identity.</summary>
public readonly record struct ContentHash
{
    /// <summary>Length of the text, in hex digits.</summary>
    public const int Digits = 64;

    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    readonly string? text;

    public ContentHash(string hex)
    {
        if (hex.Length != Digits || hex.AsSpan().ContainsAnyExcept(HexDigits))
            throw new ArgumentException($"'{hex}' is not a SHA-256 in lower-case hex.", nameof(hex));
        text = hex;
    }

    public string Hex => text ?? throw new InvalidOperationException("An empty ContentHash.");

    /// <summary>The stream of this content's events.</summary>
    public string Stream => $"content-{Hex}";

    public static ContentHash FromBytes(ReadOnlySpan<byte> sha256) => new(Convert.ToHexStringLower(sha256));

    public override string ToString() => Hex;
}
