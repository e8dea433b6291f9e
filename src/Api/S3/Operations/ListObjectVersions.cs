using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}?versions</c>: all versions and delete markers, by key, the newest first. In a bucket
/// without versioning, and in the past of one, each object is its own one version, which S3 calls <c>null</c>.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"/>
static class ListObjectVersions
{
    static readonly VersionPage Nothing = new([], [], Truncated: false, "", "");

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var listing = Listing.From(request, "max-keys");
        var (keyMarker, versionMarker) = (request.Query["key-marker"] ?? "", request.Query["version-id-marker"]);
        if (versionMarker is not null && keyMarker.Length == 0)
            throw new RejectedException(
                ErrorCode.InvalidArgument,
                "A version-id marker cannot be specified without a key marker."
            );
        if (versionMarker is { Length: 0 })
            throw new RejectedException(ErrorCode.InvalidArgument, "A version-id marker cannot be empty.");
        var page =
            listing.Max == 0 ? Nothing
            : request.Place!.AsOf is not null ? await Past(request, listing, keyMarker, varve, cancel)
            : await varve.Reads.ListVersions(
                new(
                    request.Place.Bucket.Name,
                    listing.Prefix,
                    listing.Delimiter,
                    keyMarker,
                    versionMarker is null ? "" : VersionedObject.Checked(versionMarker),
                    listing.Max
                ),
                cancel
            );
        Write(request.Xml(), request, listing, keyMarker, page);
    }

    static async ValueTask<VersionPage> Past(
        S3Request request,
        Listing listing,
        string keyMarker,
        Backend varve,
        CancellationToken cancel
    )
    {
        var page = await ListObjects.Find(request, listing, keyMarker, varve, cancel);
        var endsInKey = page.Objects.Count > 0 && page.Objects[^1].Key == page.Last;
        return new(
            [.. page.Objects.Select(OnlyVersion)],
            page.CommonPrefixes,
            page.Truncated,
            page.Last,
            endsInKey ? ObjectVersions.Null : ""
        );
    }

    static ListedVersion OnlyVersion(ListedObject entry) =>
        new(
            entry.Key,
            VersionId: "",
            IsNull: true,
            IsLatest: true,
            IsMarker: false,
            entry.Size,
            entry.ETag,
            entry.LastModified,
            entry.ChecksumAlgorithm,
            entry.ChecksumType,
            Tags: null,
            entry.StorageClass
        );

    static void Write(IBufferWriter<byte> output, S3Request request, Listing listing, string marker, VersionPage page)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("ListVersionsResult"u8);
        xml.Element("Name"u8, request.Bucket);
        xml.Element("Prefix"u8, listing.Show(listing.Prefix));
        xml.Element("KeyMarker"u8, listing.Show(marker));
        xml.Element("VersionIdMarker"u8, request.Query["version-id-marker"] ?? "");
        if (page.Truncated)
        {
            xml.Element("NextKeyMarker"u8, listing.Show(page.NextKeyMarker));
            if (page.NextVersionIdMarker.Length > 0) // a common prefix has none
                xml.Element("NextVersionIdMarker"u8, page.NextVersionIdMarker);
        }
        xml.Element("MaxKeys"u8, listing.Max);
        listing.WriteDelimiter(ref xml);
        xml.Element("IsTruncated"u8, page.Truncated);
        listing.WriteEncoding(ref xml);
        foreach (var version in page.Versions)
            Write(ref xml, request, listing, version);
        listing.WriteCommonPrefixes(ref xml, page.CommonPrefixes);
        xml.Close("ListVersionsResult"u8);
        xml.Complete();
    }

    static void Write(ref S3XmlWriter xml, S3Request request, Listing listing, ListedVersion version)
    {
        var element = version.IsMarker ? "DeleteMarker"u8 : "Version"u8;
        xml.Open(element);
        xml.Element("Key"u8, listing.Show(version.Key));
        xml.Element("VersionId"u8, version.ShownId);
        xml.Element("IsLatest"u8, version.IsLatest);
        xml.Element("LastModified"u8, version.LastModified);
        if (!version.IsMarker)
        {
            xml.ETag(version.ETag);
            xml.ElementIfAny("ChecksumAlgorithm"u8, version.ChecksumAlgorithm);
            xml.ElementIfAny("ChecksumType"u8, version.ChecksumType);
            xml.Element("Size"u8, version.Size);
        }
        Owners.Write(ref xml, "Owner"u8, request.Owner);
        if (!version.IsMarker)
            xml.Element("StorageClass"u8, version.StorageClass);
        xml.Close(element);
    }
}
