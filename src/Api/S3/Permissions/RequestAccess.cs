using BitFaster.Caching.Lru;
using Varve.Api.S3.Operations;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Projections;

namespace Varve.Api.S3.Permissions;

/// <summary>Whether a request may do what it asks for.</summary>
static class RequestAccess
{
    const int PoliciesMax = 256;

    static readonly ConcurrentLru<(string Bucket, string Text), BucketPolicy> Policies = new(PoliciesMax);

    /// <summary>Before an operation about a bucket is begun.</summary>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static ValueTask Authorize(S3Request request, Backend varve, CancellationToken cancel) =>
        S3Actions.AsksByItself(request.Operation.Name)
            ? ValueTask.CompletedTask
            : Authorize(request, Resource.Of(request), varve, cancel);

    /// <param name="resource">That the request names.</param>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static async ValueTask Authorize(
        S3Request request,
        Resource resource,
        Backend varve,
        CancellationToken cancel
    )
    {
        var action = S3Actions.Of(request.Operation.Name);
        if (S3Actions.LooksAtObject(action))
        {
            if (await FindObject(request, resource, varve, cancel) is not { } there)
            {
                RequireToKnow(request, action, resource, varve);
                return;
            }
            Require(request, action, there, varve);
            if (action == S3Actions.GetObjectAttributes)
                Require(request, S3Actions.GetObject, there, varve);
        }
        else if (
            !Allows(request, action, resource, varve) && !await IsInitiator(request, action, resource, varve, cancel)
        )
        {
            throw new RejectedException(ErrorCode.AccessDenied);
        }
    }

    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static void Require(S3Request request, string action, Resource resource, Backend varve)
    {
        if (!Allows(request, action, resource, varve))
            throw new RejectedException(ErrorCode.AccessDenied);
    }

    /// <summary>Of an object that is not there. Who may list the bucket learns that; others don't learn whether there
    /// is one.</summary>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static void RequireToKnow(S3Request request, string action, Resource resource, Backend varve)
    {
        Require(request, S3Actions.ListBucket, new(resource.Place, Key: null) { Sought = resource.Key }, varve);
        if (!request.Caller.Root)
            RefuseDenied(request, action, resource, varve);
    }

    /// <summary>For what comes with something else that is allowed, unless the policy forbids it by its name.</summary>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static void RefuseDenied(S3Request request, string action, Resource resource, Backend varve)
    {
        if (IsDenied(request, action, resource, varve))
            throw new RejectedException(ErrorCode.AccessDenied);
    }

    /// <param name="header">Says whose the bucket must be, by account id or by name; or nothing.</param>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static void RequireOwner(S3Request request, string header, BucketRow bucket)
    {
        var expected = request.Headers[header].ToString();
        var owner = UserIds.IsAccountId(expected) ? UserIds.AccountId(bucket.Owner) : bucket.Owner;
        if (expected.Length > 0 && expected != owner)
            throw new RejectedException(ErrorCode.AccessDenied);
    }

    /// <param name="action">As it is called where no version is named.</param>
    public static bool Allows(S3Request request, string action, Resource resource, Backend varve)
    {
        var (bucket, asOf) = resource.Place;
        var isPastOfOthers = asOf is not null && !request.Caller.Root && !request.Caller.Principal.Owns(bucket.Owner);
        return !isPastOfOthers && Authorization.Allows(Ask(request, action, resource, varve), Of(bucket), resource.Acl);
    }

    public static BucketAccess Of(BucketRow bucket)
    {
        var configured = bucket.Configuration;
        return configured == BucketConfiguration.None
            ? BucketAccess.Private(bucket.Owner)
            : new(
                bucket.Owner,
                configured.Policy is { } text ? PolicyOf(bucket.Name, text) : null,
                configured.PolicyBindsOwner,
                configured.Acl,
                configured.Ownership ?? ObjectOwnership.ObjectWriter,
                configured.PublicAccess ?? PublicAccessBlock.None
            );
    }

    /// <summary>Who began an upload may look at it and abort it, unless that is denied.</summary>
    static async ValueTask<bool> IsInitiator(
        S3Request request,
        string action,
        Resource resource,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (action is not ("s3:AbortMultipartUpload" or "s3:ListMultipartUploadParts") || request.Caller.IsAnonymous)
            return false;
        var upload = await ObjectUpload.Find(request, varve, cancel);
        return upload.Initiated!.Initiator == request.Caller.UserName && !IsDenied(request, action, resource, varve);
    }

    static bool IsDenied(S3Request request, string action, Resource resource, Backend varve) =>
        Of(resource.Place.Bucket).Policy?.Evaluate(Ask(request, action, resource, varve)) is PolicyVerdict.Denied;

    static AccessRequest Ask(S3Request request, string action, Resource resource, Backend varve)
    {
        var asked = resource.VersionId is null ? action : S3Actions.ForVersion(action);
        var keys = new ConditionKeys(request, asked, resource, varve.Now);
        return new(request.Caller.Principal, asked, resource.Place.Bucket.Name, resource.Key, keys.Find);
    }

    /// <summary>Reads go by the read models, writes by the log. What the answer is about, or what is changed, is then
    /// the version that was found here. Null if there is none.</summary>
    static async ValueTask<Resource?> FindObject(
        S3Request request,
        Resource resource,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (request.Operation.Method is "GET" or "HEAD")
        {
            if (request.VersionId() is null)
                return await request.FindObject(varve, cancel) is { } row
                    ? resource with
                    {
                        Acl = row.Acl,
                        Tags = row.Tags,
                    }
                    : null;
            return await request.FindVersion(varve, cancel) is { } version
                ? resource with
                {
                    Acl = version.Object?.Acl,
                    Tags = version.Object?.Tags,
                }
                : null;
        }
        var stored = await VersionedObject.FindInLog(request, varve, cancel);
        request.Judged = new(resource, stored?.VersionId ?? "");
        return stored is null ? null : resource with { Acl = stored.Acl, Tags = stored.Tags };
    }

    static BucketPolicy PolicyOf(string bucket, string text) =>
        Policies.GetOrAdd((bucket, text), static key => PolicyReader.Read(key.Text, key.Bucket));
}
