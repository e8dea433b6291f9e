using System.Buffers;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>Tags as S3 takes them: in a document, or in the header <c>x-amz-tagging</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"/>
static partial class TagSet
{
    const int KeyMax = 128;
    const int ValueMax = 256;

    /// <summary>Of an object.</summary>
    const int CountMax = 10;

    static readonly ImmutableSortedDictionary<string, string> None = ImmutableSortedDictionary.Create<string, string>(
        StringComparer.Ordinal
    );

    /// <summary>Of an object.</summary>
    /// <exception cref="RejectedException">MalformedXml, InvalidTag.</exception>
    public static ImmutableSortedDictionary<string, string> Read(ReadOnlyMemory<byte> body) =>
        Read(body, CountMax, TooMany);

    /// <exception cref="RejectedException">MalformedXml, InvalidTag, or what <paramref name="tooMany"/> says.
    /// </exception>
    public static ImmutableSortedDictionary<string, string> Read(
        ReadOnlyMemory<byte> body,
        int most,
        Func<RejectedException> tooMany
    )
    {
        var document = S3XmlReader.Read(body, "Tagging");
        var set =
            document.Children.FirstOrDefault(part => part.Name == "TagSet")
            ?? throw S3XmlReader.Malformed("Tagging has no TagSet.");
        return Of(
            set.Children.Where(part => part.Name == "Tag").Select(Pair),
            most,
            tooMany,
            () => Invalid("Cannot provide multiple Tags with the same key")
        );
    }

    /// <summary>One <c>Tag</c> element.</summary>
    /// <exception cref="RejectedException">MalformedXml.</exception>
    public static (string Key, string Value) Pair(XmlPart tag) =>
        (
            tag["Key"] ?? throw S3XmlReader.Malformed("A Tag has no Key."),
            tag["Value"] ?? throw S3XmlReader.Malformed("A Tag has no Value.")
        );

    /// <returns>Null where there are none.</returns>
    /// <exception cref="RejectedException">InvalidArgument, InvalidTag.</exception>
    public static ImmutableSortedDictionary<string, string>? FromHeader(IHeaderDictionary headers)
    {
        var text = headers[S3Headers.Tagging].ToString();
        if (text.Length == 0)
            return null;
        var tags = Of(
            text.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Decoded),
            CountMax,
            TooMany,
            () =>
                new RejectedException(
                    ErrorCode.InvalidArgument,
                    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
                        + "tag name duplicates."
                )
        );
        return tags.IsEmpty ? null : tags;
    }

    public static void WriteDocument(IBufferWriter<byte> output, ImmutableSortedDictionary<string, string>? tags)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("Tagging"u8);
        xml.Open("TagSet"u8);
        Write(ref xml, tags);
        xml.Close("TagSet"u8);
        xml.Close("Tagging"u8);
        xml.Complete();
    }

    public static void Write(ref S3XmlWriter xml, ImmutableSortedDictionary<string, string>? tags)
    {
        foreach (var (key, value) in tags ?? None)
        {
            xml.Open("Tag"u8);
            xml.Element("Key"u8, key);
            xml.Element("Value"u8, value);
            xml.Close("Tag"u8);
        }
    }

    /// <exception cref="RejectedException">InvalidTag, or what the functions say.</exception>
    static ImmutableSortedDictionary<string, string> Of(
        IEnumerable<(string Key, string Value)> pairs,
        int most,
        Func<RejectedException> tooMany,
        Func<RejectedException> twice
    )
    {
        var tags = None.ToBuilder();
        foreach (var (key, value) in pairs)
        {
            if (key.Length is 0 or > KeyMax || !Allowed().IsMatch(key))
                throw Invalid("The TagKey you have provided is invalid");
            if (value.Length > ValueMax || !Allowed().IsMatch(value))
                throw Invalid("The TagValue you have provided is invalid");
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
                throw Invalid("System tags cannot be added/updated by requester");
            if (!tags.TryAdd(key, value))
                throw twice();
            if (tags.Count > most)
                throw tooMany();
        }
        return tags.ToImmutable();
    }

    static (string Key, string Value) Decoded(string pair)
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? (Decode(pair), "") : (Decode(pair[..at]), Decode(pair[(at + 1)..]));
    }

    static string Decode(string text) => PercentCoding.Decode(text, plusIsSpace: true);

    static RejectedException TooMany() => Invalid($"Object tags cannot be greater than {CountMax}");

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidTag, detail);

    [GeneratedRegex(@"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();
}
