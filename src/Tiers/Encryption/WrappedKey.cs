using System.Security.Cryptography;

namespace Varve.Tiers.Encryption;

/// <summary>
/// An object's own key under another key: a salt of 32 bytes, then the key by AES-256-GCM, in Base64. Each wrapping has
/// a key of its own, HKDF-SHA256 of the wrapping key and the salt, so that its one nonce is never used twice. That it
/// opens is the proof that the wrapping key is right: nothing else is kept of it.
/// </summary>
public static class WrappedKey
{
    const int SaltBytes = 32;
    const int TagBytes = 16;

    static readonly byte[] Nonce = new byte[12];

    public static string Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> key)
    {
        var box = new byte[SaltBytes + key.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, SaltBytes));
        using var aes = Cipher(wrappingKey, box.AsSpan(0, SaltBytes));
        aes.Encrypt(Nonce, key, box.AsSpan(SaltBytes, key.Length), box.AsSpan(SaltBytes + key.Length));
        return Convert.ToBase64String(box);
    }

    /// <returns>Null where the wrapping key is another one.</returns>
    public static byte[]? Unwrap(ReadOnlySpan<byte> wrappingKey, string wrapped)
    {
        var box = Convert.FromBase64String(wrapped).AsSpan();
        var key = new byte[box.Length - SaltBytes - TagBytes];
        using var aes = Cipher(wrappingKey, box[..SaltBytes]);
        try
        {
            aes.Decrypt(Nonce, box.Slice(SaltBytes, key.Length), box[(SaltBytes + key.Length)..], key);
            return key;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>The key of one part of an upload: parts are sealed each for itself, in any order and perhaps twice, and
    /// none opens in the place of another.</summary>
    /// <param name="key">The upload's.</param>
    /// <param name="salt">Base64; another one whenever the part is sealed.</param>
    public static byte[] OfPart(ReadOnlySpan<byte> key, int number, string salt)
    {
        var partKey = new byte[ChunkCipher.KeyBytes];
        Span<byte> info = stackalloc byte[PartInfo.Length + sizeof(int)];
        PartInfo.CopyTo(info);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(info[PartInfo.Length..], number);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, partKey, Convert.FromBase64String(salt), info);
        return partKey;
    }

    public static string NewSalt() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(SaltBytes));

    static ReadOnlySpan<byte> PartInfo => "varve part "u8;

    static AesGcm Cipher(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[ChunkCipher.KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, wrappingKey, key, salt, "varve key wrap"u8);
        return new(key, TagBytes);
    }
}
