using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.S3.Operations;

/// <summary>What all lists of a bucket are asked, and how they show names.</summary>
/// <param name="Delimiter">Empty for none.</param>
/// <param name="Encoded">Names are percent-encoded, as <c>encoding-type=url</c> asks: XML can't hold all of them.
/// </param>
sealed record Listing(string Prefix, string Delimiter, int Max, bool Encoded)
{
    public const int EntriesMax = 1000;

    /// <param name="maxName">Of the parameter that bounds the page, such as <c>max-keys</c>.</param>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static Listing From(S3Request request, string maxName)
    {
        // Ceph's parameter: who can do without the order gets it all the same, but no folders.
        if (request.Query["allow-unordered"] == "true" && request.Query["delimiter"] is { Length: > 0 })
            throw new RejectedException(ErrorCode.InvalidArgument, "allow-unordered excludes a delimiter.");
        return new(
            request.Query["prefix"] ?? "",
            request.Query["delimiter"] ?? "",
            request.Number(maxName, unset: EntriesMax, least: 0, most: EntriesMax),
            request.Query["encoding-type"] switch
            {
                null or "" => false,
                "url" => true,
                _ => throw new RejectedException(
                    ErrorCode.InvalidArgument,
                    "Invalid Encoding Method specified in Request"
                ),
            }
        );
    }

    public string Show(string name) => Encoded ? PercentCoding.Encode(name, keepSlash: true) : name;

    public void WriteEncoding(ref S3XmlWriter xml)
    {
        if (Encoded)
            xml.Element("EncodingType"u8, "url");
    }

    public void WriteDelimiter(ref S3XmlWriter xml)
    {
        if (Delimiter.Length > 0)
            xml.Element("Delimiter"u8, Show(Delimiter));
    }

    public void WriteCommonPrefixes(ref S3XmlWriter xml, IReadOnlyList<string> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            xml.Open("CommonPrefixes"u8);
            xml.Element("Prefix"u8, Show(prefix));
            xml.Close("CommonPrefixes"u8);
        }
    }
}
