using System.Collections.Immutable;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;

namespace Varve.Api.S3.Operations;

/// <summary>The access control list that a request asks for.</summary>
static class RequestedAcl
{
    const string CannedHeader = "x-amz-acl";

    /// <summary>In one list: each is looked for among all users.</summary>
    const int EmailsMax = 10;

    /// <summary>Of an object that is made. Who may make it may give it a list, unless that is denied.</summary>
    /// <returns>Null where it is its bucket owner's alone.</returns>
    /// <exception cref="RejectedException">AccessControlListNotSupported, AccessDenied, InvalidArgument,
    /// InvalidRequest, UnresolvableGrantByEmailAddress.</exception>
    public static async ValueTask<Acl?> OfNewObject(S3Request request, Backend varve, CancellationToken cancel)
    {
        var headers = request.Headers;
        var bucket = RequestAccess.Of(request.Place!.Bucket);
        var canned = headers[CannedHeader].ToString();
        var preferred =
            bucket.Ownership == ObjectOwnership.BucketOwnerPreferred && canned == "bucket-owner-full-control";
        // What root or nobody in particular writes is the bucket owner's.
        var owner =
            request.Caller is { Root: false, IsAnonymous: false } caller && !preferred ? caller.UserName : bucket.Owner;
        var asked = await FromHeaders(headers, owner, bucket.Owner, request.Users, cancel);
        if (asked is not null)
            RequestAccess.RefuseDenied(request, S3Actions.PutObjectAcl, Resource.Of(request), varve);
        if (bucket.Ownership == ObjectOwnership.BucketOwnerEnforced)
            return asked is null || canned == "bucket-owner-full-control"
                ? null
                : throw new RejectedException(ErrorCode.AccessControlListNotSupported);
        return Checked(asked ?? Acl.Private(owner), bucket);
    }

    /// <summary>Of a bucket that is made.</summary>
    /// <returns>Null where the headers ask for none.</returns>
    public static ValueTask<Acl?> OfNewBucket(S3Request request, CancellationToken cancel) =>
        FromHeaders(request.Headers, request.Caller.UserName, bucketOwner: null, request.Users, cancel);

    /// <summary>In place of the one that is there: by header, or as a document.</summary>
    /// <param name="owner">Stays who it is.</param>
    /// <returns>Null where it is the bucket owner's alone.</returns>
    /// <exception cref="RejectedException">As <see cref="OfNewObject"/>; and MalformedAcl, MissingSecurityHeader.
    /// </exception>
    public static async ValueTask<Acl?> Replacement(
        S3Request request,
        string owner,
        bool ofObject,
        CancellationToken cancel
    )
    {
        var bucket = RequestAccess.Of(request.Place!.Bucket);
        var document = await request.ReadDocument(S3Documents.BytesMax, cancel);
        if (bucket.Ownership == ObjectOwnership.BucketOwnerEnforced)
            throw new RejectedException(ErrorCode.AccessControlListNotSupported);
        var byHeader = await FromHeaders(request.Headers, owner, ofObject ? bucket.Owner : null, request.Users, cancel);
        if (byHeader is not null && !document.IsEmpty)
            throw new RejectedException(ErrorCode.InvalidRequest, "This request does not support content");
        if (byHeader is not null)
            return Checked(byHeader, bucket);
        if (document.IsEmpty)
            throw new RejectedException(
                ErrorCode.MissingSecurityHeader,
                "Your request was missing a required header: x-amz-acl"
            );

        var read = AclDocument.Parse(document);
        if (read.OwnerId is { Length: > 0 } id && id != Owners.IdOf(owner))
            throw new RejectedException(ErrorCode.AccessDenied);
        return Checked(new Acl(owner, await Resolve(read.Grants, request.Users, cancel)), bucket);
    }

    static async ValueTask<Acl?> FromHeaders(
        IHeaderDictionary headers,
        string owner,
        string? bucketOwner,
        UserDirectory users,
        CancellationToken cancel
    )
    {
        var canned = headers[CannedHeader].ToString();
        List<NamedGrant>? granted = null;
        foreach (var (right, name) in AclDocument.Rights)
            if (headers[name] is { Count: > 0 } header)
                (granted ??= []).AddRange(AclDocument.ParseHeader(right, header.ToString()));
        if (canned.Length == 0)
            return granted is null ? null : new Acl(owner, await Resolve(granted, users, cancel));
        if (granted is not null)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "Specifying both Canned ACLs and Header Grants is not allowed"
            );
        return Acl.Canned(canned, owner, bucketOwner) ?? throw new RejectedException(ErrorCode.InvalidArgument, canned);
    }

    static async ValueTask<ImmutableArray<Grant>> Resolve(
        IReadOnlyList<NamedGrant> grants,
        UserDirectory users,
        CancellationToken cancel
    )
    {
        if (grants.Count > Acl.GrantsMax)
            throw new RejectedException(ErrorCode.InvalidRequest, $"At most {Acl.GrantsMax} grants.");
        if (grants.Count(grant => grant.Email is not null) > EmailsMax)
            throw new RejectedException(ErrorCode.InvalidRequest, $"At most {EmailsMax} grants by e-mail address.");
        var resolved = ImmutableArray.CreateBuilder<Grant>(grants.Count);
        foreach (var grant in grants)
            resolved.Add(
                grant switch
                {
                    { Group: { } group } => Grant.To(group, grant.Right),
                    { Email: { } email } => Grant.To(
                        await users.ByEmail(email, cancel)
                            ?? throw new RejectedException(ErrorCode.UnresolvableGrantByEmailAddress),
                        grant.Right
                    ),
                    _ => Grant.To(
                        await users.ById(grant.Id!, cancel)
                            ?? throw new RejectedException(ErrorCode.InvalidArgument, "Invalid id"),
                        grant.Right
                    ),
                }
            );
        return resolved.DrainToImmutable();
    }

    static Acl? Checked(Acl acl, BucketAccess bucket)
    {
        if (acl.IsPublic && bucket.PublicAccess.BlockPublicAcls)
            throw new RejectedException(ErrorCode.AccessDenied, "Public access control lists are blocked.");
        return acl.IsDefault(bucket.Owner) ? null : acl;
    }
}
