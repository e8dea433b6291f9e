using Varve.Api.Http;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}?renameObject</c>: the object that <c>x-amz-rename-source</c> names, of the same
/// bucket, gets the name of the path. No byte moves. With <c>x-amz-client-token</c> it is done once, however often it
/// is sent.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html"/>
static class RenameObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var to = request.Object;
        var from = to with { Key = ObjectKey.Parse(SourceKey(request)) };
        var token = request.Headers["x-amz-client-token"] is { Count: > 0 } text ? $"rename {text}" : null;
        var context = varve.Context(request.Caller.UserName, token);

        var resource = new Resource(request.Place!, from.Key.Text);
        RequestAccess.Require(request, S3Actions.DeleteObject, resource, varve);
        var source = await varve.Read(StoredObject.Decider, from.Stream, cancel);
        if (source.Current is { Acl: var acl, Tags: var sourceTags })
            RequestAccess.Require(request, S3Actions.GetObject, resource with { Acl = acl, Tags = sourceTags }, varve);
        else
            RequestAccess.RequireToKnow(request, S3Actions.GetObject, resource, varve);
        var conditions = Preconditions.From(request.Headers, "x-amz-rename-source-");
        if (
            source.Current is { } current
            && conditions.Evaluate(current.ETag, current.At, isRead: false) != Verdict.Proceed
        )
            throw new RejectedException(ErrorCode.PreconditionFailed, "x-amz-rename-source-if-*");
        var rename = new ObjectCommand.Rename(
            context,
            from,
            to,
            Sha1: null,
            source.Current?.VersionId,
            await ConditionOf(request, to, varve, cancel)
        );
        request.Acknowledge(await varve.Run(rename, cancel));
    }

    static string SourceKey(S3Request request)
    {
        var header = request.Headers["x-amz-rename-source"].ToString();
        if (header.Length == 0)
            throw new RejectedException(ErrorCode.InvalidArgument, "x-amz-rename-source is missing.");
        return CopySource.Decode(header.AsSpan(header[0] == '/' ? 1 : 0));
    }

    /// <summary>A date is compared here, and what it was compared with must be there still.</summary>
    static async ValueTask<WriteCondition> ConditionOf(
        S3Request request,
        ObjectId to,
        Backend varve,
        CancellationToken cancel
    )
    {
        var dates = Preconditions.From(request.Headers, "") with { IfMatch = null, IfNoneMatch = null };
        var tags = RequestedObject.Condition(request.Headers);
        if (dates == Preconditions.None)
            return tags;
        var there = (await varve.Read(StoredObject.Decider, to.Stream, cancel)).Current;
        if (there is null)
            return tags with { IfNoneMatch = "*" };
        return
            dates.IfModifiedSince >= HttpDates.WholeSeconds(there.At)
            || dates.IfUnmodifiedSince < HttpDates.WholeSeconds(there.At)
            ? throw new RejectedException(ErrorCode.PreconditionFailed)
            : tags with
            {
                IfMatch = tags.IfMatch ?? there.ETag,
            };
    }
}
