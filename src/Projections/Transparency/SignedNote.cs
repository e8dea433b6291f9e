using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Varve.Projections.Transparency;

/// <summary>Text with signatures below, as a file that people can read.</summary>
/// <param name="Text">What is signed; ends with a newline.</param>
/// <seealso href="https://c2sp.org/signed-note"/>
public sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    /// <summary>More than the 16 that a verifier must accept.</summary>
    const int SignaturesMax = 64;

    const string Dash = "— ";

    public static SignedNote Sign(string text, NoteSigner signer) => new(text, [signer.Sign(text)]);

    /// <exception cref="FormatException">Not a note.</exception>
    public static SignedNote Parse(string note)
    {
        if (note.Any(c => c < ' ' && c != '\n') || !note.EndsWith('\n'))
            throw new FormatException("A note has no control characters but newlines, and ends with one.");
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
            throw new FormatException("A note has an empty line before its signatures.");
        var lines = note[(end + 2)..].Split('\n')[..^1];
        return lines.Length is 0 or > SignaturesMax
            ? throw new FormatException($"A note has 1 to {SignaturesMax} signatures.")
            : new(note[..(end + 1)], [.. lines.Select(Signature)]);
    }

    /// <summary>Whether the key signed the text. Others' signatures do not matter.</summary>
    public bool IsSignedBy(NoteVerifier key)
    {
        var own = Signatures.Where(signature => signature.Name == key.Name && signature.KeyId == key.Id).ToList();
        return own.Count > 0 && own.All(signature => key.Verifies(Text, signature));
    }

    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(one => $"{Dash}{one}\n"))}";

    static NoteSignature Signature(string line)
    {
        if (
            !line.StartsWith(Dash, StringComparison.Ordinal)
            || line[Dash.Length..].Split(' ') is not [var name, var text]
        )
            throw new FormatException($"'{line}' is no signature line.");
        var bytes = Base64.Parse(text);
        return bytes.Length < 5 || !NoteVerifier.IsName(name)
            ? throw new FormatException($"'{line}' is no signature line.")
            : new(name, BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4..]);
    }
}

/// <param name="KeyId">Short for the key: an aid to find it, not a proof.</param>
public sealed record NoteSignature(string Name, uint KeyId, byte[] Bytes)
{
    public override string ToString()
    {
        var bytes = new byte[4 + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        Bytes.CopyTo(bytes, 4);
        return $"{Name} {Convert.ToBase64String(bytes)}";
    }
}

/// <summary>An Ed25519 public key with a name: <c>name+id+base64(1, key)</c>.</summary>
public sealed class NoteVerifier
{
    const byte Ed25519Type = 1;

    readonly byte[] publicKey;

    /// <param name="publicKey">32 bytes, as RFC 8032 says.</param>
    public NoteVerifier(string name, byte[] publicKey)
    {
        (Name, this.publicKey) = (name, publicKey);
        byte[] hashed = [.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. Typed(publicKey)];
        Id = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(hashed));
    }

    public string Name { get; }

    public uint Id { get; }

    /// <exception cref="FormatException">Not such a key.</exception>
    public static NoteVerifier Parse(string text)
    {
        var (name, id, key) = Parts(text.Split('+', 3));
        var verifier = new NoteVerifier(name, key);
        return $"{verifier.Id:x8}" == id ? verifier : throw new FormatException("The key is not the one its id says.");
    }

    /// <summary>A key's name is not empty, and has neither blanks nor plus signs.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+');

    public bool Verifies(string text, NoteSignature signature)
    {
        var message = Encoding.UTF8.GetBytes(text);
        return signature.Bytes.Length == Ed25519.SignatureSize
            && Ed25519.Verify(signature.Bytes, 0, publicKey, 0, message, 0, message.Length);
    }

    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String(Typed(publicKey))}";

    internal static (string Name, string Id, byte[] Key) Parts(string[] parts) =>
        parts is [var name, var id, var text]
        && IsName(name)
        && Base64.Parse(text) is [Ed25519Type, .. { Length: 32 } key]
            ? (name, id, key)
            : throw new FormatException("A key is written name+id+base64 of 1 and 32 bytes.");

    internal static byte[] Typed(byte[] key) => [Ed25519Type, .. key];
}

/// <summary>The private half: <c>PRIVATE+KEY+name+id+base64(1, seed)</c>.</summary>
public sealed class NoteSigner
{
    const string Private = "PRIVATE+KEY+";

    readonly byte[] seed;

    /// <param name="seed">32 random bytes: the private key of RFC 8032.</param>
    public NoteSigner(string name, byte[] seed)
    {
        if (!NoteVerifier.IsName(name))
            throw new FormatException($"'{name}': a key's name has neither blanks nor plus signs.");
        this.seed = seed;
        var publicKey = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed, 0, publicKey, 0);
        Verifier = new(name, publicKey);
    }

    public NoteVerifier Verifier { get; }

    public static NoteSigner Generate(string name) => new(name, RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize));

    /// <exception cref="FormatException">Not such a key.</exception>
    public static NoteSigner Parse(string text)
    {
        if (!text.StartsWith(Private, StringComparison.Ordinal))
            throw new FormatException($"A private key begins with {Private}.");
        var (name, id, key) = NoteVerifier.Parts(text[Private.Length..].Split('+', 3));
        var signer = new NoteSigner(name, key);
        return $"{signer.Verifier.Id:x8}" == id
            ? signer
            : throw new FormatException("The private key is not the one its id says.");
    }

    public NoteSignature Sign(string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(seed, 0, message, 0, message.Length, signature, 0);
        return new(Verifier.Name, Verifier.Id, signature);
    }

    /// <summary>The secret, to be kept: what else prints a key prints its public half.</summary>
    public string Secret() =>
        $"{Private}{Verifier.Name}+{Verifier.Id:x8}+{Convert.ToBase64String(NoteVerifier.Typed(seed))}";

    public override string ToString() => $"{Verifier}";
}
