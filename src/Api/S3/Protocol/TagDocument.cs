using System.Collections.Immutable;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>The XML of a set of tags.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html"/>
static class TagDocument
{
    const int KeyMax = 128;
    const int ValueMax = 256;

    /// <param name="most">Tags in the set.</param>
    /// <exception cref="RejectedException">MalformedXml, InvalidTag, BadRequest: too many.</exception>
    public static ImmutableSortedDictionary<string, string> Read(ReadOnlyMemory<byte> body, int most)
    {
        var tags = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var document = S3XmlReader.Read(body, "Tagging");
        var set =
            document.Children.FirstOrDefault(part => part.Name == "TagSet")
            ?? throw S3XmlReader.Malformed("There is no TagSet.");
        foreach (var tag in set.Children)
        {
            if (tag.Name != "Tag")
                throw S3XmlReader.Malformed("A TagSet has nothing but Tags.");
            var (key, value) = (tag["Key"] ?? "", tag["Value"] ?? throw S3XmlReader.Malformed("A Tag has no Value."));
            if (key.Length is 0 or > KeyMax || key.Any(IsForbidden))
                throw Invalid("The TagKey you have provided is invalid");
            if (value.Length > ValueMax || value.Any(IsForbidden))
                throw Invalid("The TagValue you have provided is invalid");
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
                throw Invalid("System tags cannot be added/updated by requester");
            if (!tags.TryAdd(key, value))
                throw Invalid("Cannot provide multiple Tags with the same key");
        }
        return tags.Count <= most
            ? tags.ToImmutable()
            : throw new RejectedException(ErrorCode.BadRequest, $"Tag count cannot be greater than {most}");
    }

    public static void Write(ref S3XmlWriter xml, ImmutableSortedDictionary<string, string> tags)
    {
        xml.Begin("Tagging"u8);
        xml.Open("TagSet"u8);
        foreach (var (key, value) in tags)
        {
            xml.Open("Tag"u8);
            xml.Element("Key"u8, key);
            xml.Element("Value"u8, value);
            xml.Close("Tag"u8);
        }
        xml.Close("TagSet"u8);
        xml.Close("Tagging"u8);
    }

    /// <summary>Letters, digits, blanks and <c>+ - = . _ : / @</c> are allowed.</summary>
    static bool IsForbidden(char c) =>
        !char.IsLetterOrDigit(c)
        && !char.IsWhiteSpace(c)
        && !char.IsSurrogate(c)
        && char.GetUnicodeCategory(c)
            is not (
                System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.SpacingCombiningMark
            )
        && !"+-=._:/@".Contains(c, StringComparison.Ordinal);

    static RejectedException Invalid(string what) => new(ErrorCode.InvalidTag, what);
}
