using Varve.Api.Http;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>The object that <c>x-amz-copy-source</c> names.</summary>
static class CopySourceObject
{
    /// <exception cref="RejectedException">NoSuchBucket, AccessDenied, NoSuchKey, ContentPurged, PreconditionFailed by
    /// one of <c>x-amz-copy-source-if-*</c>, NotImplemented for another version than the current one.</exception>
    public static async ValueTask<ObjectRow> Find(S3Request request, Backend varve, CancellationToken cancel)
    {
        var source = CopySource.Parse(request.Headers[S3Headers.CopySource].ToString());
        if (source.VersionId is not (null or "null"))
            throw new RejectedException(ErrorCode.NotImplemented, "x-amz-copy-source with a versionId.");

        await varve.CatchUp(FreshReads.ObjectModels, cancel);
        var place =
            await TimeTravel.Find(source.Bucket, toWrite: false, varve, cancel)
            ?? throw new RejectedException(ErrorCode.NoSuchBucket, source.Bucket);
        var found = await place.Find(source.Key, varve, cancel);
        var action = found is null ? S3Actions.ListBucket : S3Actions.GetObject;
        var key = found is null ? null : source.Key;
        if (!RequestAccess.Allows(request, place.Bucket, action, key, found?.Acl, varve))
            throw new RejectedException(ErrorCode.AccessDenied);
        var row = found ?? throw new RejectedException(ErrorCode.NoSuchKey, source.Key);
        if (row.Location is null)
            throw new RejectedException(ErrorCode.ContentPurged, source.Key);

        var preconditions = Preconditions.From(request.Headers, "x-amz-copy-source-");
        return preconditions.Evaluate(row.ETag, row.LastModified, isRead: true) == Verdict.Proceed
            ? row with
            {
                Bucket = source.Bucket,
            } // the past of an object is not the object itself
            : throw new RejectedException(ErrorCode.PreconditionFailed);
    }
}
