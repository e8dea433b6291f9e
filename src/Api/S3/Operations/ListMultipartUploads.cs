using System.Buffers;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain.Access;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}?uploads</c>: the open uploads, by key and then by their beginning.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html"/>
static class ListMultipartUploads
{
    static readonly UploadPage Nothing = new([], [], Truncated: false, "", "");

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var listing = Listing.From(request, "max-uploads");
        var keyMarker = request.Query["key-marker"] ?? "";
        var uploadIdMarker = keyMarker.Length == 0 ? "" : request.Query["upload-id-marker"] ?? "";
        var page =
            listing.Max == 0
                ? Nothing
                : await varve.Reads.ListUploads(
                    new(request.Bucket, listing.Prefix, listing.Delimiter, keyMarker, uploadIdMarker, listing.Max),
                    cancel
                );
        Write(request.Xml(), request, listing, keyMarker, uploadIdMarker, page);
    }

    static void Write(
        IBufferWriter<byte> output,
        S3Request request,
        Listing listing,
        string keyMarker,
        string uploadIdMarker,
        UploadPage page
    )
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("ListMultipartUploadsResult"u8);
        xml.Element("Bucket"u8, request.Bucket);
        xml.Element("KeyMarker"u8, listing.Show(keyMarker));
        xml.Element("UploadIdMarker"u8, uploadIdMarker);
        if (page.Truncated)
        {
            xml.Element("NextKeyMarker"u8, listing.Show(page.NextKeyMarker));
            xml.Element("NextUploadIdMarker"u8, page.NextUploadIdMarker);
        }
        xml.Element("Prefix"u8, listing.Show(listing.Prefix));
        listing.WriteDelimiter(ref xml);
        listing.WriteEncoding(ref xml);
        xml.Element("MaxUploads"u8, listing.Max);
        xml.Element("IsTruncated"u8, page.Truncated);
        var enforced = RequestAccess.Of(request.Place!.Bucket).Ownership == ObjectOwnership.BucketOwnerEnforced;
        foreach (var upload in page.Uploads)
        {
            if (upload.InitiatedAt < request.Place!.Bucket.CreatedAt)
                continue; // into an earlier bucket of this name
            xml.Open("Upload"u8);
            xml.Element("Key"u8, listing.Show(upload.Key));
            xml.Element("UploadId"u8, upload.UploadId);
            Owners.Write(ref xml, "Initiator"u8, upload.Initiator);
            Owners.Write(
                ref xml,
                "Owner"u8,
                enforced || upload.Initiator == Caller.Anonymous.UserName ? request.Owner : upload.Initiator
            );
            xml.Element("StorageClass"u8, upload.StorageClass);
            xml.ElementIfAny("ChecksumAlgorithm"u8, upload.ChecksumAlgorithm);
            xml.ElementIfAny("ChecksumType"u8, upload.ChecksumType);
            xml.Element("Initiated"u8, upload.InitiatedAt);
            xml.Close("Upload"u8);
        }
        listing.WriteCommonPrefixes(ref xml, page.CommonPrefixes);
        xml.Close("ListMultipartUploadsResult"u8);
        xml.Complete();
    }
}
