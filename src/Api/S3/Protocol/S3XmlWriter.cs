using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Varve.Api.S3.Protocol;

/// <summary>
/// Writes an answer's XML as UTF-8, straight into the response's buffers. It trusts its caller to close what it opens.
/// Call <see cref="Complete"/> at the end, and before anything else writes to the same output.
/// </summary>
/// <remarks>
/// Control characters become numeric references, as AWS writes them. XML 1.0 has no form for most of them, which is
/// why clients ask for <c>encoding-type=url</c>.
/// </remarks>
public ref struct S3XmlWriter(IBufferWriter<byte> output)
{
    const int BlockSize = 4096;

    static readonly SearchValues<char> Special = SearchValues.Create(
        "&<>\"\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\v\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015"
            + "\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f\ufffe\uffff"
    );

    Span<byte> free = output.GetSpan(BlockSize);
    int used;

    /// <summary>The declaration, and the root with S3's namespace.</summary>
    public void Begin(ReadOnlySpan<byte> root)
    {
        Declare();
        Root(root);
    }

    /// <summary>The root with S3's namespace, where the declaration has gone out before.</summary>
    public void Root(ReadOnlySpan<byte> root)
    {
        Append("<"u8);
        Append(root);
        Append(" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"u8);
    }

    /// <summary>The declaration alone: errors have no namespace.</summary>
    public void Declare() => Append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"u8);

    public void Open(ReadOnlySpan<byte> name)
    {
        Append("<"u8);
        Append(name);
        Append(">"u8);
    }

    public void Close(ReadOnlySpan<byte> name)
    {
        Append("</"u8);
        Append(name);
        Append(">"u8);
    }

    public void Element(ReadOnlySpan<byte> name, ReadOnlySpan<char> text)
    {
        Open(name);
        Text(text);
        Close(name);
    }

    /// <summary>Writes nothing for a null.</summary>
    public void ElementIfAny(ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
            Element(name, text);
    }

    public void Element(ReadOnlySpan<byte> name, long number)
    {
        Open(name);
        Reserve(20);
        Utf8Formatter.TryFormat(number, free[used..], out var written);
        used += written;
        Close(name);
    }

    public void Element(ReadOnlySpan<byte> name, bool value)
    {
        Open(name);
        Append(value ? "true"u8 : "false"u8);
        Close(name);
    }

    /// <summary>UTC, cut to whole seconds: the same instant as in Last-Modified.</summary>
    public void Element(ReadOnlySpan<byte> name, DateTimeOffset time)
    {
        Open(name);
        Reserve(32);
        time.UtcDateTime.TryFormat(
            free[used..],
            out var written,
            "yyyy-MM-dd'T'HH:mm:ss'.000Z'",
            CultureInfo.InvariantCulture
        );
        used += written;
        Close(name);
    }

    /// <summary>In quotes, as everywhere in XML.</summary>
    /// <param name="etag">Without quotes.</param>
    public void ETag(ReadOnlySpan<char> etag)
    {
        Append("<ETag>&quot;"u8);
        Text(etag);
        Append("&quot;</ETag>"u8);
    }

    /// <summary>Hands what was written to the output.</summary>
    public void Complete()
    {
        output.Advance(used);
        free = default;
        used = 0;
    }

    /// <summary>Text alone, within an open element.</summary>
    public void Text(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(Special) is >= 0 and var at)
        {
            AppendPlain(text[..at]);
            AppendEscaped(text[at]);
            text = text[(at + 1)..];
        }
        AppendPlain(text);
    }

    void AppendPlain(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        used += Encoding.UTF8.GetBytes(text, free[used..]);
    }

    void AppendEscaped(char c)
    {
        switch (c)
        {
            case '&':
                Append("&amp;"u8);
                break;
            case '<':
                Append("&lt;"u8);
                break;
            case '>':
                Append("&gt;"u8);
                break;
            case '"':
                Append("&quot;"u8);
                break;
            default:
                Append("&#x"u8);
                Reserve(4);
                Utf8Formatter.TryFormat((uint)c, free[used..], out var written, 'x');
                used += written;
                Append(";"u8);
                break;
        }
    }

    void Append(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(free[used..]);
        used += text.Length;
    }

    void Reserve(int count)
    {
        if (free.Length - used >= count)
            return;
        output.Advance(used);
        free = output.GetSpan(Math.Max(count, BlockSize));
        used = 0;
    }
}
