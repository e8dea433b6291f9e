using System.Security.Cryptography;
using System.Text;

namespace Varve.Domain;

/// <summary>Ids that derive from a name: the same name gives the same id, so that a retry is recognised.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5"/>
public static class NameBasedId
{
    /// <param name="space">The id that the name belongs to.</param>
    /// <param name="name">At most 1 KiB of UTF-8.</param>
    public static Guid Of(Guid space, ReadOnlySpan<char> name)
    {
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(name.Length)];
        space.TryWriteBytes(input, bigEndian: true, out _);
        var length = 16 + Encoding.UTF8.GetBytes(name, input[16..]);

        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(input[..length], hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
