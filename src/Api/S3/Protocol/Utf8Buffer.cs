using System.Buffers;
using System.Text;

namespace Varve.Api.S3.Protocol;

/// <summary>Builds UTF-8 text in a scratch span, and in rented arrays once it outgrows that.</summary>
ref struct Utf8Buffer(Span<byte> scratch)
{
    Span<byte> bytes = scratch;
    byte[]? rented;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => bytes[..Length];

    public void Append(byte value)
    {
        if (Length == bytes.Length)
            Grow(1);
        bytes[Length++] = value;
    }

    public void Append(scoped ReadOnlySpan<byte> value)
    {
        if (bytes.Length - Length < value.Length)
            Grow(value.Length);
        value.CopyTo(bytes[Length..]);
        Length += value.Length;
    }

    public void Append(scoped ReadOnlySpan<char> text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (bytes.Length - Length < most)
            Grow(most);
        Length += Encoding.UTF8.GetBytes(text, bytes[Length..]);
    }

    public void AppendHexLower(scoped ReadOnlySpan<byte> value)
    {
        if (bytes.Length - Length < value.Length * 2)
            Grow(value.Length * 2);
        Convert.TryToHexStringLower(value, bytes[Length..], out var written);
        Length += written;
    }

    public void Dispose()
    {
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        this = default;
    }

    void Grow(int more)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, Length + more));
        Written.CopyTo(larger);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        bytes = rented = larger;
    }
}
