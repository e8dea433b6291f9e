using Varve.Api.Http;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>The object that <c>x-amz-copy-source</c> names.</summary>
static class CopySourceObject
{
    /// <exception cref="RejectedException">NoSuchBucket, AccessDenied, NoSuchKey, ContentPurged, PreconditionFailed by
    /// one of <c>x-amz-copy-source-if-*</c>, NoSuchVersion; InvalidRequest: it is a delete marker.
    /// </exception>
    /// <returns>And whether it is what the request would make anew.</returns>
    public static async ValueTask<(ObjectRow Source, bool Itself)> Find(
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        var source = CopySource.Parse(request.Headers[S3Headers.CopySource].ToString());

        await varve.CatchUp(FreshReads.ObjectModels, cancel);
        var place =
            await TimeTravel.Find(source.Bucket, toWrite: false, varve, cancel)
            ?? throw new RejectedException(ErrorCode.NoSuchBucket, source.Bucket);
        var row = await FindVersion(request, source, place, varve, cancel);
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
        CopySource source,
        Place place,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (source.VersionId is null || place.AsOf is not null && source.VersionId == ObjectVersions.Null)
        {
            var found = await place.Find(source.Key, varve, cancel);
            var action = found is null ? S3Actions.ListBucket : S3Actions.GetObject;
            Require(action, found is null ? null : source.Key, found?.Acl);
            return found ?? throw new RejectedException(ErrorCode.NoSuchKey, source.Key);
        }
        if (place.AsOf is not null)
            throw new RejectedException(ErrorCode.NotImplemented, "A version of an object of the past.");
        var id = VersionedObject.Checked(source.VersionId);
        var version =
            await varve.Reads.FindStoredVersion(place.Bucket.Name, source.Key, id, cancel)
            ?? throw new RejectedException(ErrorCode.NoSuchVersion);
        Require(S3Actions.ForVersion(S3Actions.GetObject), source.Key, version.Object?.Acl);
        return version.Object
            ?? throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The source of a copy request may not specifically refer to a delete marker by version id."
            );

        void Require(string action, string? key, Acl? acl)
        {
            if (!RequestAccess.Allows(request, place.Bucket, action, key, acl, varve))
                throw new RejectedException(ErrorCode.AccessDenied);
        }
    }
}
