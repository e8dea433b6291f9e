using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}?versions</c> of a bucket without versioning: each object is its own one version, which S3
/// calls <c>null</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"/>
static class ListObjectVersions
{
    const string OnlyVersion = "null";

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var listing = Listing.From(request, "max-keys");
        var marker = request.Query["key-marker"] ?? "";
        var page = await ListObjects.Find(request, listing, marker, varve, cancel);
        Write(request.Xml(), request, listing, marker, page);
    }

    static void Write(IBufferWriter<byte> output, S3Request request, Listing listing, string marker, ObjectPage page)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("ListVersionsResult"u8);
        xml.Element("Name"u8, request.Bucket);
        xml.Element("Prefix"u8, listing.Show(listing.Prefix));
        xml.Element("KeyMarker"u8, listing.Show(marker));
        xml.Element("VersionIdMarker"u8, request.Query["version-id-marker"] ?? "");
        if (page.Truncated)
        {
            xml.Element("NextKeyMarker"u8, listing.Show(page.Last));
            xml.Element("NextVersionIdMarker"u8, OnlyVersion);
        }
        xml.Element("MaxKeys"u8, listing.Max);
        listing.WriteDelimiter(ref xml);
        xml.Element("IsTruncated"u8, page.Truncated);
        listing.WriteEncoding(ref xml);
        foreach (var entry in page.Objects)
        {
            xml.Open("Version"u8);
            xml.Element("Key"u8, listing.Show(entry.Key));
            xml.Element("VersionId"u8, OnlyVersion);
            xml.Element("IsLatest"u8, value: true);
            xml.Element("LastModified"u8, entry.LastModified);
            xml.ETag(entry.ETag);
            xml.Element("Size"u8, entry.Size);
            Owners.Write(ref xml, "Owner"u8, entry.Owner ?? request.Owner);
            xml.Element("StorageClass"u8, entry.StorageClass);
            xml.Close("Version"u8);
        }
        listing.WriteCommonPrefixes(ref xml, page.CommonPrefixes);
        xml.Close("ListVersionsResult"u8);
        xml.Complete();
    }
}
