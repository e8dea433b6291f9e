using System.Buffers;
using Varve.Api.Http;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>The version of an object that a request names.</summary>
static class VersionedObject
{
    const int IdDigits = 32;

    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The query's <c>versionId</c>; null where it names none.</summary>
    /// <exception cref="RejectedException">InvalidArgument: it can't be one. NotImplemented for the past of a bucket,
    /// which shows one version of each object.</exception>
    public static string? VersionId(this S3Request request)
    {
        if (request.Query["versionId"] is not { } id)
            return null;
        if (request.Place!.AsOf is null)
            return Checked(id);
        return id == ObjectVersions.Null ? null : throw new RejectedException(ErrorCode.NotImplemented, "versionId");
    }

    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static string Checked(string id) =>
        id.Length == 0 ? throw Invalid("Version id cannot be the empty string")
        : id == ObjectVersions.Null || (id.Length == IdDigits && !id.AsSpan().ContainsAnyExcept(HexDigits)) ? id
        : throw Invalid("Invalid version id specified");

    /// <summary>The object that the request names, or the version of it; the answer then says which.</summary>
    /// <exception cref="RejectedException">NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker that is named
    /// by its id.</exception>
    public static async ValueTask<ObjectRow> Find(S3Request request, Backend varve, CancellationToken cancel)
    {
        var headers = request.Response.Headers;
        var bucket = request.Place!.Bucket;
        if (request.VersionId() is null)
        {
            if (await request.FindObject(varve, cancel) is not { } current)
            {
                if (bucket.Versioning is not null && await Marker(request, varve, cancel) is { } marker)
                    TellMarker(headers, marker.ShownId);
                else
                    headers[S3Headers.DeleteMarker] = "false";
                throw new RejectedException(ErrorCode.NoSuchKey);
            }
            Tell(headers, bucket.Versioning, current);
            return current;
        }
        var version = await request.FindVersion(varve, cancel) ?? throw new RejectedException(ErrorCode.NoSuchVersion);
        if (version.Object is null)
        {
            TellMarker(headers, version.ShownId);
            headers.LastModified = HttpDates.Format(HttpDates.WholeSeconds(version.LastModified));
            throw new RejectedException(ErrorCode.MethodNotAllowed);
        }
        Tell(headers, bucket.Versioning, version.Object);
        return version.Object;
    }

    /// <summary>The same, as the log has it: a write does not wait for the read models. Null if there is none.
    /// </summary>
    public static async ValueTask<ObjectEvent.Put?> FindInLog(
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (request.VersionId() is not { } id)
            return (await varve.Read(StoredObject.Decider, request.Object.Stream, cancel)).Current;
        return (await varve.Read(ObjectVersions.Decider, request.Object.Stream, cancel)).Find(id)?.Put;
    }

    /// <summary>Says which version a write made, where the bucket gives ids, and when it will expire.</summary>
    public static void TellMade(S3Request request, ObjectEvent.Put made)
    {
        if (made.Versioning == BucketVersioning.Enabled)
            request.Response.Headers[S3Headers.VersionId] = made.VersionId;
        BucketLifecycle.Tell(request, made);
    }

    public static void TellMarker(IHeaderDictionary headers, string versionId)
    {
        headers[S3Headers.DeleteMarker] = "true";
        headers[S3Headers.VersionId] = versionId;
    }

    static void Tell(IHeaderDictionary headers, BucketVersioning? versioning, ObjectRow row)
    {
        if (versioning is not null)
            headers[S3Headers.VersionId] = row.IsNull ? ObjectVersions.Null : row.VersionId;
    }

    static ValueTask<StoredVersion?> Marker(S3Request request, Backend varve, CancellationToken cancel) =>
        varve.Reads.FindDeleteMarker(request.Place!.Bucket.Name, request.Key, cancel);

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
