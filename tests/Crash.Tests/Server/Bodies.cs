using System.Security.Cryptography;
using Varve.Load;

namespace Varve.Server.Tests;

/// <summary>What tests do with bodies that are never held whole.</summary>
public static class Bodies
{
    /// <summary>Reads to the end and compares on the way.</summary>
    /// <exception cref="ReplyException">Another length, or another byte.</exception>
    public static async Task Compare(Body expected, Stream actual, string what, CancellationToken cancel)
    {
        var buffer = new byte[256 << 10];
        var position = 0L;
        for (int read; (read = await actual.ReadAsync(buffer, cancel)) > 0; position += read)
            if (!expected.Matches(position, buffer.AsSpan(0, read)))
                throw new ReplyException($"{what}: wrong bytes in [{position}, {position + read})");
        if (position != expected.Size)
            throw new ReplyException($"{what}: {position} bytes, not {expected.Size}");
    }

    /// <summary>SHA-1 in lower-case hex.</summary>
    public static string Sha1(Body body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var buffer = new byte[256 << 10];
        for (var position = 0L; position < body.Size; )
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, body.Size - position));
            body.Copy(position, piece);
            hash.AppendData(piece);
            position += piece.Length;
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
