using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}</c>, in its two versions: the bucket's keys in order of their bytes.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"/>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html"/>
static class ListObjects
{
    static readonly SearchValues<char> DecodedOtherwise = SearchValues.Create([
        '%',
        '+',
        '\ufffe',
        '\uffff',
        .. Enumerable.Range(0, ' ').Except(['\t', '\n']).Select(c => (char)c),
    ]);

    static readonly ObjectPage Nothing = new([], [], Truncated: false, Last: "");

    public static async Task HandleV1(S3Request request, Backend varve, CancellationToken cancel)
    {
        var listing = Listing.From(request, "max-keys");
        var marker = request.Query["marker"] ?? "";
        var page = await Find(request, listing, marker, varve, cancel);
        WriteV1(request.Xml(), request, listing, marker, page);
    }

    public static async Task HandleV2(S3Request request, Backend varve, CancellationToken cancel)
    {
        var listing = Listing.From(request, "max-keys");
        var after = request.Query["continuation-token"] is { Length: > 0 } token
            ? ContinuationToken.Read(token)
            : request.Query["start-after"] ?? "";
        var page = await Find(request, listing, after, varve, cancel);
        WriteV2(request.Xml(), request, listing, page);
    }

    /// <param name="after">Exclusive.</param>
    public static ValueTask<ObjectPage> Find(
        S3Request request,
        Listing listing,
        string after,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (listing.Max == 0)
            return ValueTask.FromResult(Nothing);
        var (bucket, asOf) = request.Place!;
        var asked = new ObjectListing(bucket.Name, listing.Prefix, listing.Delimiter, after, listing.Max);
        return asOf is { } then
            ? varve.Reads.ListObjectsAsOf(asked, then, cancel)
            : varve.Reads.ListObjects(asked, cancel);
    }

    static void WriteV1(IBufferWriter<byte> output, S3Request request, Listing listing, string marker, ObjectPage page)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("ListBucketResult"u8);
        xml.Element("Name"u8, request.Bucket);
        // boto3 decodes every name of this answer but this one: what reads the same decoded or not goes as it is.
        var same = !listing.Prefix.AsSpan().ContainsAny(DecodedOtherwise);
        xml.Element("Prefix"u8, same ? listing.Prefix : listing.Show(listing.Prefix));
        xml.Element("Marker"u8, listing.Show(marker));
        if (page.Truncated && listing.Delimiter.Length > 0) // without a delimiter the last key is the next marker
            xml.Element("NextMarker"u8, listing.Show(page.Last));
        xml.Element("MaxKeys"u8, listing.Max);
        listing.WriteDelimiter(ref xml);
        xml.Element("IsTruncated"u8, page.Truncated);
        listing.WriteEncoding(ref xml);
        WriteObjects(ref xml, listing, page, request.Owner);
        xml.Close("ListBucketResult"u8);
        xml.Complete();
    }

    static void WriteV2(IBufferWriter<byte> output, S3Request request, Listing listing, ObjectPage page)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("ListBucketResult"u8);
        xml.Element("Name"u8, request.Bucket);
        xml.Element("Prefix"u8, listing.Show(listing.Prefix));
        if (request.Query["continuation-token"] is { } token)
            xml.Element("ContinuationToken"u8, token);
        if (page.Truncated)
            xml.Element("NextContinuationToken"u8, ContinuationToken.Write(page.Last));
        if (request.Query["start-after"] is { } startAfter)
            xml.Element("StartAfter"u8, listing.Show(startAfter));
        xml.Element("KeyCount"u8, page.Objects.Count + page.CommonPrefixes.Count);
        xml.Element("MaxKeys"u8, listing.Max);
        listing.WriteDelimiter(ref xml);
        xml.Element("IsTruncated"u8, page.Truncated);
        listing.WriteEncoding(ref xml);
        WriteObjects(ref xml, listing, page, request.Query["fetch-owner"] == "true" ? request.Owner : null);
        xml.Close("ListBucketResult"u8);
        xml.Complete();
    }

    static void WriteObjects(ref S3XmlWriter xml, Listing listing, ObjectPage page, string? owner)
    {
        foreach (var entry in page.Objects)
        {
            xml.Open("Contents"u8);
            xml.Element("Key"u8, listing.Show(entry.Key));
            xml.Element("LastModified"u8, entry.LastModified);
            xml.ETag(entry.ETag);
            xml.ElementIfAny("ChecksumAlgorithm"u8, entry.ChecksumAlgorithm);
            xml.ElementIfAny("ChecksumType"u8, entry.ChecksumType);
            xml.Element("Size"u8, entry.Size);
            if (owner is not null)
                Owners.Write(ref xml, "Owner"u8, entry.Owner ?? owner);
            xml.Element("StorageClass"u8, entry.StorageClass);
            xml.Close("Contents"u8);
        }
        listing.WriteCommonPrefixes(ref xml, page.CommonPrefixes);
    }
}
