using System.Security.Cryptography;
using System.Text;
using Varve.Api.Hosting;

namespace Varve.Api.Identity;

/// <summary>Encrypts secrets at rest, by AES-256-GCM. Thread-safe.</summary>
/// <param name="key">32 bytes.</param>
sealed class SecretBox(byte[] key)
{
    public const int KeyBytes = 32;
    const int NonceBytes = 12;
    const int TagBytes = 16;

    /// <param name="key">Setting <c>Varve:Identity:Key</c>.</param>
    /// <exception cref="SettingsException">It is not 32 bytes in base64.</exception>
    public static SecretBox Of(string key)
    {
        var bytes = new byte[KeyBytes];
        return Convert.TryFromBase64String(key, bytes, out var count) && count == KeyBytes
            ? new SecretBox(bytes)
            : throw new SettingsException(
                "Identity:Key",
                "32 bytes in base64, as 'openssl rand -base64 32' makes them."
            );
    }

    /// <param name="path">The key file: made on first use. Without it no secret can be read again.</param>
    /// <exception cref="SettingsException">It is not a key file.</exception>
    public static SecretBox Load(string path)
    {
        if (!File.Exists(path))
            PrivateFile.Write(path, RandomNumberGenerator.GetBytes(KeyBytes));
        var key = File.ReadAllBytes(path);
        return key.Length == KeyBytes
            ? new SecretBox(key)
            : throw new SettingsException("Data", $"{path} must hold {KeyBytes} bytes, and has {key.Length}.");
    }

    /// <param name="owner">What the secret belongs to; it opens for this alone.</param>
    public byte[] Close(string secret, string owner)
    {
        var text = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceBytes + text.Length + TagBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(
            box.AsSpan(0, NonceBytes),
            text,
            box.AsSpan(NonceBytes, text.Length),
            box.AsSpan(NonceBytes + text.Length),
            Encoding.UTF8.GetBytes(owner)
        );
        return box;
    }

    /// <exception cref="AuthenticationTagMismatchException">Another key, another owner, or a damaged box.</exception>
    public string Open(byte[] box, string owner)
    {
        var text = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(
            box.AsSpan(0, NonceBytes),
            box.AsSpan(NonceBytes, text.Length),
            box.AsSpan(NonceBytes + text.Length),
            text,
            Encoding.UTF8.GetBytes(owner)
        );
        return Encoding.UTF8.GetString(text);
    }
}
