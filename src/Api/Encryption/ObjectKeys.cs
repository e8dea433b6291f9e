using System.Security.Cryptography;
using Varve.Api.Hosting;
using Varve.Api.Identity;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Tiers.Encryption;

namespace Varve.Api.Encryption;

/// <summary>The keys of encrypted objects: each has its own, wrapped by the master key, or by one that the client
/// brings along. Thread-safe.</summary>
/// <param name="master">32 bytes; null where there is none, and so no SSE-S3.</param>
public sealed class ObjectKeys(byte[]? master)
{
    /// <param name="setting">The master key in Base64; null for the file's.</param>
    /// <param name="path">The key file: made on first use. Without it no object of SSE-S3 can be read again. Null where
    /// other processes serve the same objects: they must all be told one key.</param>
    /// <exception cref="SettingsException">The setting or the file is no key.</exception>
    public static ObjectKeys Load(string? setting, string? path)
    {
        if (setting is not null)
            return new(Parse(setting));
        if (path is null)
            return new(master: null);
        if (!File.Exists(path))
            PrivateFile.Write(path, RandomNumberGenerator.GetBytes(ChunkCipher.KeyBytes));
        var key = File.ReadAllBytes(path);
        return key.Length == ChunkCipher.KeyBytes
            ? new(key)
            : throw new SettingsException("Data", $"{path} must hold {ChunkCipher.KeyBytes} bytes.");
    }

    /// <summary>A new object's key.</summary>
    /// <param name="customerKey">Null for the master key.</param>
    /// <exception cref="RejectedException">NotImplemented: there is no master key.</exception>
    public FreshKey New(byte[]? customerKey)
    {
        var key = RandomNumberGenerator.GetBytes(ChunkCipher.KeyBytes);
        return new(key, Wrap(key, customerKey));
    }

    /// <summary>A key that is there already, under another one.</summary>
    public ObjectEncryption Wrap(byte[] key, byte[]? customerKey) =>
        customerKey is null
            ? new(EncryptionKind.ServerKey, WrappedKey.Wrap(Master, key))
            : new(EncryptionKind.CustomerKey, WrappedKey.Wrap(customerKey, key));

    /// <param name="customerKey">Of an object that has one.</param>
    /// <returns>Null where the customer's key, or the server's, is another one.</returns>
    public byte[]? Open(ObjectEncryption encryption, byte[]? customerKey) =>
        encryption.Kind == EncryptionKind.ServerKey ? WrappedKey.Unwrap(Master, encryption.Key)
        : customerKey is null ? null
        : WrappedKey.Unwrap(customerKey, encryption.Key);

    byte[] Master =>
        master
        ?? throw new RejectedException(
            ErrorCode.NotImplemented,
            "SSE-S3 needs Varve:Sse:Key, the same in all processes that serve these objects."
        );

    static byte[] Parse(string setting)
    {
        var key = new byte[ChunkCipher.KeyBytes + 2];
        return Convert.TryFromBase64String(setting, key, out var length) && length == ChunkCipher.KeyBytes
            ? key[..length]
            : throw new SettingsException("Sse:Key", $"not {ChunkCipher.KeyBytes} bytes in Base64.");
    }
}

/// <summary>An object's own key.</summary>
/// <param name="Key">32 bytes.</param>
/// <param name="Kept">What is kept of it.</param>
public sealed record FreshKey(byte[] Key, ObjectEncryption Kept);
