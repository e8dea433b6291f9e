using System.Buffers;
using System.Globalization;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}/{key}?attributes</c>: what <c>x-amz-object-attributes</c> names, without the bytes.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html"/>
static class GetObjectAttributes
{
    static readonly string[] Known = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var asked = Asked(request.Headers);
        var max = Number(request, "x-amz-max-parts", unset: Listing.EntriesMax);
        var marker = Number(request, "x-amz-part-number-marker", unset: 0);
        var row = await VersionedObject.Find(request, varve, cancel);
        _ = request.KeyOf(row, varve, CustomerKeyHeaders.Own);
        var parts = asked.Contains("ObjectParts") ? await ObjectParts.Of(row, varve, cancel) : new ObjectParts([]);

        request.Response.Headers.LastModified = HttpDates.Format(HttpDates.WholeSeconds(row.LastModified));
        Write(request.Xml(), row, asked, parts.Parts, marker, Math.Min(max, Listing.EntriesMax));
    }

    static HashSet<string> Asked(IHeaderDictionary headers)
    {
        var names = headers["x-amz-object-attributes"]
            .SelectMany(value => value!.Split(',', StringSplitOptions.TrimEntries))
            .ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0 || names.Contains(""))
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or "
                    + "empty"
            );
        return names.IsSubsetOf(Known)
            ? names
            : throw new RejectedException(ErrorCode.InvalidArgument, "Invalid attribute name specified.");
    }

    static int Number(S3Request request, string header, int unset) =>
        request.Headers[header] is not { Count: > 0 } text ? unset
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new RejectedException(
            ErrorCode.InvalidArgument,
            $"{header} is not an integer, or not within its range."
        );

    static void Write(
        IBufferWriter<byte> output,
        ObjectRow row,
        HashSet<string> asked,
        IReadOnlyList<UploadEvent.PartUploaded> parts,
        int marker,
        int max
    )
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("GetObjectAttributesResponse"u8);
        if (asked.Contains("ETag"))
            xml.Element("ETag"u8, row.ETag); // the only place where S3 writes it without quotes
        if (asked.Contains("Checksum") && row.Checksum is { } checksum)
        {
            xml.Open("Checksum"u8);
            ChecksumAnswer.WriteElements(ref xml, checksum);
            xml.Close("Checksum"u8);
        }
        if (parts.Count > 0)
            WriteParts(ref xml, parts, row.Checksum?.Algorithm, marker, max);
        if (asked.Contains("StorageClass"))
            xml.Element("StorageClass"u8, StorageClass.Of(row.Attributes.Headers));
        if (asked.Contains("ObjectSize"))
            xml.Element("ObjectSize"u8, row.Size);
        xml.Close("GetObjectAttributesResponse"u8);
        xml.Complete();
    }

    static void WriteParts(
        ref S3XmlWriter xml,
        IReadOnlyList<UploadEvent.PartUploaded> parts,
        string? algorithm,
        int marker,
        int max
    )
    {
        var behind = parts.Where(part => part.Number > marker).ToList();
        var page = behind.Take(max).ToList();
        xml.Open("ObjectParts"u8);
        xml.Element("PartsCount"u8, parts.Count);
        xml.Element("PartNumberMarker"u8, marker);
        if (page.Count > 0)
            xml.Element("NextPartNumberMarker"u8, page[^1].Number);
        xml.Element("MaxParts"u8, max);
        xml.Element("IsTruncated"u8, page.Count < behind.Count);
        foreach (var part in page)
        {
            xml.Open("Part"u8);
            xml.Element("PartNumber"u8, part.Number);
            xml.Element("Size"u8, part.Size);
            ChecksumAnswer.WriteValue(ref xml, algorithm, part.Checksum);
            xml.Close("Part"u8);
        }
        xml.Close("ObjectParts"u8);
    }
}
