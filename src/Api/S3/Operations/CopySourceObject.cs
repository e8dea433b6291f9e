using Varve.Api.Http;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>The object that <c>x-amz-copy-source</c> names.</summary>
static class CopySourceObject
{
    /// <exception cref="RejectedException">NoSuchBucket, AccessDenied, NoSuchKey, ContentPurged, PreconditionFailed by
    /// one of <c>x-amz-copy-source-if-*</c>, NoSuchVersion; InvalidRequest: it is a delete marker.
    /// </exception>
    /// <param name="withTags">The copy has them too: then they must be the caller's to read.</param>
    /// <returns>And whether it is what the request would make anew.</returns>
    public static async ValueTask<(ObjectRow Source, bool Itself)> Find(
        S3Request request,
        bool withTags,
        Backend varve,
        CancellationToken cancel
    )
    {
        var source = CopySource.Parse(request.Headers[S3Headers.CopySource].ToString());

        await varve.CatchUp(FreshReads.ObjectModels, cancel);
        var place =
            await TimeTravel.Find(source.Bucket, toWrite: false, varve, cancel)
            ?? throw new RejectedException(ErrorCode.NoSuchBucket, source.Bucket);
        RequestAccess.RequireOwner(request, "x-amz-source-expected-bucket-owner", place.Bucket);
        var row = await FindVersion(request, withTags, source, place, varve, cancel);
        if (row.Location is null)
            throw new RejectedException(ErrorCode.ContentPurged, source.Key);

        var preconditions = Preconditions.From(request.Headers, "x-amz-copy-source-");
        if (preconditions.Evaluate(row.ETag, row.LastModified, isRead: true) != Verdict.Proceed)
            throw new RejectedException(ErrorCode.PreconditionFailed);
        if (place.Bucket.Versioning is not null)
            request.Response.Headers["x-amz-copy-source-version-id"] = row.IsNull ? ObjectVersions.Null : row.VersionId;
        // The past of an object, or a certain version, is not the object itself.
        var itself =
            (source.VersionId is null || place.Bucket.Versioning is null)
            && (source.Bucket, source.Key) == (request.Bucket, request.Key);
        return (row with { Bucket = source.Bucket }, itself);
    }

    static async ValueTask<ObjectRow> FindVersion(
        S3Request request,
        bool withTags,
        CopySource source,
        Place place,
        Backend varve,
        CancellationToken cancel
    )
    {
        var resource = new Resource(place, source.Key) { VersionId = source.VersionId };
        if (source.VersionId is null || place.AsOf is not null && source.VersionId == ObjectVersions.Null)
        {
            var found = await place.Find(source.Key, varve, cancel);
            Require(found is not null, found);
            return found ?? throw new RejectedException(ErrorCode.NoSuchKey, source.Key);
        }
        if (place.AsOf is not null)
            throw new RejectedException(ErrorCode.NotImplemented, "A version of an object of the past.");
        var id = VersionedObject.Checked(source.VersionId);
        var version = await varve.Reads.FindStoredVersion(place.Bucket.Name, source.Key, id, cancel);
        Require(version is not null, version?.Object);
        if (version is null)
            throw new RejectedException(ErrorCode.NoSuchVersion);
        return version.Object
            ?? throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The source of a copy request may not specifically refer to a delete marker by version id."
            );

        void Require(bool there, ObjectRow? row)
        {
            var asked = resource with { Acl = row?.Acl, Tags = row?.Tags };
            if (!there)
                RequestAccess.RequireToKnow(request, S3Actions.GetObject, asked, varve);
            else
                RequestAccess.Require(request, S3Actions.GetObject, asked, varve);
            if (withTags && asked.Tags is { Count: > 0 })
                RequestAccess.Require(request, S3Actions.GetObjectTagging, asked, varve);
        }
    }
}
