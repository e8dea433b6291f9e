using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>Percent-encoding as S3 has it: bytes of UTF-8, decoded exactly once, never normalised.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"/>
public static class PercentCoding
{
    const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    static readonly SearchValues<byte> Kept = SearchValues.Create(Encoding.ASCII.GetBytes(Unreserved));
    static readonly SearchValues<byte> KeptInPath = SearchValues.Create(Encoding.ASCII.GetBytes(Unreserved + '/'));
    static readonly SearchValues<char> PlainInPath = SearchValues.Create(Unreserved + "!\"#$&'()*+,/:;<=>?@[\\]^`{|}");
    static readonly SearchValues<char> PlainInQuery = SearchValues.Create(Unreserved + "!\"#$&'()*,/:;<=>?@[\\]^`{|}");

    /// <param name="raw">As it came: printable ASCII with <c>%xx</c>.</param>
    /// <param name="plusIsSpace">True in a query, false in a path.</param>
    /// <exception cref="RejectedException">InvalidUri: a bad escape, a byte that may not stand there, or bytes that
    /// are not UTF-8.</exception>
    public static string Decode(ReadOnlySpan<char> raw, bool plusIsSpace)
    {
        if (!raw.ContainsAnyExcept(plusIsSpace ? PlainInQuery : PlainInPath))
            return raw.ToString();

        var bytes = raw.Length <= 1024 ? stackalloc byte[raw.Length] : new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; length++)
            bytes[length] = NextByte(raw, ref i, plusIsSpace);
        if (!Utf8.IsValid(bytes[..length]))
            throw Invalid("The bytes are not UTF-8.");
        return Encoding.UTF8.GetString(bytes[..length]);
    }

    /// <summary>
    /// Encodes all but unreserved characters (and <c>/</c> where asked), a space as <c>%20</c>. This is also the
    /// encoding of <c>encoding-type=url</c>: every client decodes <c>%20</c>, while some of them take <c>+</c> for a
    /// plus.
    /// </summary>
    public static string Encode(string text, bool keepSlash)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var kept = keepSlash ? KeptInPath : Kept;
        if (!utf8.AsSpan().ContainsAnyExcept(kept))
            return text;

        var output = new Utf8Buffer(stackalloc byte[512]);
        foreach (var value in utf8)
            AppendEncoded(value, kept, ref output);
        var encoded = Encoding.ASCII.GetString(output.Written);
        output.Dispose();
        return encoded;
    }

    /// <summary>Escapes what may not stand in a target at all, and nothing else: escapes that are there stay.</summary>
    internal static string EncodeForeign(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange('!', '~'))
            return text.ToString();

        var output = new StringBuilder(text.Length + 16);
        foreach (var value in Encoding.UTF8.GetBytes(text.ToString()))
            _ = value is >= (byte)'!' and <= (byte)'~' ? output.Append((char)value) : output.Append($"%{value:X2}");
        return output.ToString();
    }

    /// <summary>Writes raw text in the one form that is signed: decoded once, then encoded.</summary>
    /// <exception cref="RejectedException">InvalidUri.</exception>
    internal static void Recode(ReadOnlySpan<char> raw, bool isQuery, ref Utf8Buffer output)
    {
        var kept = isQuery ? Kept : KeptInPath;
        for (var i = 0; i < raw.Length; )
            AppendEncoded(NextByte(raw, ref i, isQuery), kept, ref output);
    }

    static void AppendEncoded(byte value, SearchValues<byte> kept, ref Utf8Buffer output)
    {
        if (kept.Contains(value))
        {
            output.Append(value);
            return;
        }
        output.Append((byte)'%');
        output.Append("0123456789ABCDEF"u8[value >> 4]);
        output.Append("0123456789ABCDEF"u8[value & 15]);
    }

    static byte NextByte(ReadOnlySpan<char> raw, ref int i, bool plusIsSpace)
    {
        var c = raw[i++];
        if (c is < '!' or > '~')
            throw Invalid("A request target is printable ASCII.");
        if (c == '+' && plusIsSpace)
            return (byte)' ';
        if (c != '%')
            return (byte)c;
        if (raw.Length - i < 2 || !char.IsAsciiHexDigit(raw[i]) || !char.IsAsciiHexDigit(raw[i + 1]))
            throw Invalid("A % without two hexadecimal digits.");
        i += 2;
        return (byte)(HexValue(raw[i - 2]) << 4 | HexValue(raw[i - 1]));
    }

    static int HexValue(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidUri, detail);
}
