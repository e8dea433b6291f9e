using System.Globalization;
using Varve.Api.S3.Permissions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>What S3 says of a version beside its content: it can change without a new version.</summary>
static class Amendments
{
    /// <summary>A version for each, while others write the same name.</summary>
    const int AttemptsMax = 10;

    /// <summary>Changes the version that the request names, and tells which it was.</summary>
    public static async Task Run(
        S3Request request,
        Func<CommandContext, ObjectId, string?, ObjectCommand.Amend> commandOf,
        Backend varve,
        CancellationToken cancel
    )
    {
        var version = request.VersionId();
        // Without versioning the one version is the object, and known by its last event.
        if (request.Place!.Bucket.Versioning is null && version == ObjectVersions.Null)
            version = null;
        var outcome = await RunJudged(request, version, commandOf, varve, cancel);
        request.Acknowledge(outcome);
        if (request.Place.Bucket.Versioning is not null)
            request.Response.Headers[S3Headers.VersionId] = version ?? ShownId(outcome.State<StoredObject>().Current!);
    }

    static async Task<Outcome> RunJudged(
        S3Request request,
        string? version,
        Func<CommandContext, ObjectId, string?, ObjectCommand.Amend> commandOf,
        Backend varve,
        CancellationToken cancel
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var command = commandOf(varve.Context(request.Caller.UserName), request.Object, version);
            try
            {
                return await varve.Run(command with { Judged = request.Judged?.VersionId }, cancel);
            }
            catch (RejectedException no)
                when (no.Rejection.Code == ErrorCode.OperationAborted
                    && command is ObjectCommand.Tag // a list names the owner of the version that it was made for
                    && attempt < AttemptsMax
                    && request.Judged is not null
                )
            {
                // Another version came in between: it is judged as the first one was.
                await RequestAccess.Authorize(request, request.Judged.Resource, varve, cancel);
            }
        }
    }

    /// <summary>What GET and HEAD tell of it to who may ask for it.</summary>
    public static void WriteHeaders(S3Request request, ObjectRow row, Backend varve)
    {
        var headers = request.Response.Headers;
        if (row.Tags is { Count: var count and > 0 } && May(S3Actions.GetObjectTagging))
            headers["x-amz-tagging-count"] = count.ToString(CultureInfo.InvariantCulture);
        if (row.Lock?.Retention is { } retention && May(S3Actions.GetObjectRetention))
            RequestedLock.Write(headers, retention);
        if (row.Lock?.LegalHold is { } on && May(S3Actions.GetObjectLegalHold))
            RequestedLock.Write(headers, on);

        bool May(string action) =>
            RequestAccess.Allows(request, action, Resource.Of(request) with { Acl = row.Acl, Tags = row.Tags }, varve);
    }

    static string ShownId(ObjectEvent.Put put) =>
        put.Versioning == BucketVersioning.Enabled ? put.VersionId : ObjectVersions.Null;
}
