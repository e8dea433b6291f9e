using System.Collections.Immutable;
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
    public static async ValueTask Authorize(S3Request request, Backend varve, CancellationToken cancel)
    {
        if (S3Actions.Of(request.Operation.Name) is not { } action)
            return; // asks by itself
        if (!S3Actions.LooksAtObject(action))
        {
            var allowed =
                Allows(request, Versioned(request, action), request.Target.Key, acl: null, varve)
                || await IsInitiator(request, action, varve, cancel);
            if (!allowed)
                throw new RejectedException(ErrorCode.AccessDenied);
            return;
        }
        var (there, acl, tags) = await FindObject(request, varve, cancel);
        var asked = Versioned(request, action);
        var bucket = request.Place!.Bucket;
        var mayAsk = there
            ? Authorization.Allows(Ask(request, bucket, asked, request.Key, varve, tags), Of(bucket), acl)
            : MayKnowOfNothing(request, asked, varve);
        if (!mayAsk)
            throw new RejectedException(ErrorCode.AccessDenied);
    }

    /// <param name="key">Null for the bucket itself.</param>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public static void Require(S3Request request, string action, string? key, Backend varve)
    {
        if (!Allows(request, action, key, acl: null, varve))
            throw new RejectedException(ErrorCode.AccessDenied);
    }

    /// <param name="acl">Of the object; null where it has none.</param>
    public static bool Allows(S3Request request, string action, string? key, Acl? acl, Backend varve) =>
        Allows(request, request.Place!.Bucket, action, key, acl, varve);

    /// <param name="bucket">Perhaps another than the request's: that of a copy's source.</param>
    public static bool Allows(
        S3Request request,
        BucketRow bucket,
        string action,
        string? key,
        Acl? acl,
        Backend varve
    ) => Authorization.Allows(Ask(request, bucket, action, key, varve), Of(bucket), acl);

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
    static async ValueTask<bool> IsInitiator(S3Request request, string action, Backend varve, CancellationToken cancel)
    {
        if (action is not ("s3:AbortMultipartUpload" or "s3:ListMultipartUploadParts") || request.Caller.IsAnonymous)
            return false;
        var upload = await ObjectUpload.Find(request, varve, cancel);
        return upload.Initiated!.Initiator == request.Caller.UserName && !IsDenied(request, action, varve);
    }

    /// <summary>Who may list the bucket learns that there is no such object; others don't learn whether there is one.
    /// </summary>
    static bool MayKnowOfNothing(S3Request request, string action, Backend varve) =>
        Allows(request, S3Actions.ListBucket, key: null, acl: null, varve)
        && (request.Caller.Root || !IsDenied(request, action, varve));

    static bool IsDenied(S3Request request, string action, Backend varve) =>
        Of(request.Place!.Bucket).Policy?.Evaluate(Ask(request, request.Place.Bucket, action, request.Key, varve))
        is PolicyVerdict.Denied;

    /// <param name="tags">Of the object that is there; null for none.</param>
    static AccessRequest Ask(
        S3Request request,
        BucketRow bucket,
        string action,
        string? key,
        Backend varve,
        ImmutableSortedDictionary<string, string>? tags = null
    ) =>
        new(
            request.Caller.Principal,
            action,
            bucket.Name,
            key,
            new ConditionKeys(request, request.Headers, tags, varve.Now).Find
        );

    /// <summary>Reads go by the read models, writes by the log.</summary>
    static async ValueTask<(bool There, Acl? Acl, ImmutableSortedDictionary<string, string>? Tags)> FindObject(
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (request.Operation.Method is "GET" or "HEAD")
        {
            if (request.VersionId() is not { } id)
                return await request.FindObject(varve, cancel) is { } row ? (true, row.Acl, row.Tags) : default;
            var version = await varve.Reads.FindStoredVersion(request.Place!.Bucket.Name, request.Key, id, cancel);
            return (version is not null, version?.Object?.Acl, version?.Object?.Tags);
        }
        var stored = await VersionedObject.FindInLog(request, varve, cancel);
        return (stored is not null, stored?.Acl, stored?.Tags);
    }

    static string Versioned(S3Request request, string action) =>
        request.Query.Has("versionId") ? S3Actions.ForVersion(action) : action;

    static BucketPolicy PolicyOf(string bucket, string text) =>
        Policies.GetOrAdd((bucket, text), static key => PolicyReader.Read(key.Text, key.Bucket));
}
