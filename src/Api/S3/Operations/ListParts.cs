using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}/{key}?uploadId</c>: the parts of an open upload.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html"/>
static class ListParts
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var max = request.Number("max-parts", unset: Listing.EntriesMax, least: 0, most: Listing.EntriesMax);
        var marker = request.Number("part-number-marker", unset: 0, least: 0, most: int.MaxValue);
        var upload = await ObjectUpload.FindOpen(request, varve, cancel);
        var parts = upload.Parts.Values.Where(part => part.Number > marker).Take(max + 1).ToList();
        Write(request.Xml(), request, upload.Initiated!, parts, marker, max);
    }

    static void Write(
        IBufferWriter<byte> output,
        S3Request request,
        UploadEvent.Initiated upload,
        List<UploadEvent.PartUploaded> parts,
        int marker,
        int max
    )
    {
        var truncated = max > 0 && parts.Count > max;
        var shown = Math.Min(max, parts.Count);
        var xml = new S3XmlWriter(output);
        xml.Begin("ListPartsResult"u8);
        xml.Element("Bucket"u8, request.Bucket);
        xml.Element("Key"u8, request.Key);
        xml.Element("UploadId"u8, request.Query["uploadId"]);
        Owners.Write(ref xml, "Initiator"u8, upload.Initiator);
        Owners.Write(ref xml, "Owner"u8, upload.Acl?.Owner ?? request.Owner);
        xml.Element("StorageClass"u8, StorageClass.Of(upload.Attributes.Headers));
        xml.Element("PartNumberMarker"u8, marker);
        if (shown > 0)
            xml.Element("NextPartNumberMarker"u8, parts[shown - 1].Number);
        xml.Element("MaxParts"u8, max);
        xml.Element("IsTruncated"u8, truncated);
        xml.ElementIfAny("ChecksumAlgorithm"u8, upload.ChecksumAlgorithm);
        xml.ElementIfAny("ChecksumType"u8, upload.ChecksumType);
        for (var i = 0; i < shown; i++)
            Write(ref xml, parts[i], upload.ChecksumAlgorithm);
        xml.Close("ListPartsResult"u8);
        xml.Complete();
    }

    static void Write(ref S3XmlWriter xml, UploadEvent.PartUploaded part, string? algorithm)
    {
        xml.Open("Part"u8);
        xml.Element("PartNumber"u8, part.Number);
        xml.Element("LastModified"u8, part.At);
        xml.ETag(part.ETag);
        xml.Element("Size"u8, part.Size);
        ChecksumAnswer.WriteValue(ref xml, algorithm, part.Checksum);
        xml.Close("Part"u8);
    }
}
