using System.Buffers;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c> and <c>PUT /{bucket}?acl</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html"/>
static class BucketAcl
{
    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        AclAnswer.Write(request.Xml(), request, request.Place!.Bucket.Configuration.Acl);
        return Task.CompletedTask;
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var acl = await RequestedAcl.Replacement(request, request.Owner, ofObject: false, cancel);
        await BucketChange.Run(request, at => new BucketConfigurationEvent.AclSet(acl, at), varve, cancel);
    }
}

/// <summary><c>GET</c> and <c>PUT /{bucket}/{key}?acl</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html"/>
static class ObjectAcl
{
    public static async Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var row = await VersionedObject.Find(request, varve, cancel);
        AclAnswer.Write(request.Xml(), request, row.Acl);
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var held =
            await VersionedObject.FindInLog(request, varve, cancel)
            ?? throw new RejectedException(request.VersionId() is null ? ErrorCode.NoSuchKey : ErrorCode.NoSuchVersion);
        var acl = await RequestedAcl.Replacement(request, held.Acl?.Owner ?? request.Owner, ofObject: true, cancel);
        await Amendments.Run(
            request,
            (context, id, version) => new ObjectCommand.SetAcl(context, id, version, acl),
            varve,
            cancel
        );
    }
}

static class AclAnswer
{
    /// <param name="acl">Null where it is the bucket owner's alone.</param>
    public static void Write(IBufferWriter<byte> output, S3Request request, Acl? acl)
    {
        var enforced = RequestAccess.Of(request.Place!.Bucket).Ownership == ObjectOwnership.BucketOwnerEnforced;
        var shown = enforced || acl is null ? Acl.Private(request.Owner) : acl;
        var xml = new S3XmlWriter(output);
        xml.Begin("AccessControlPolicy"u8);
        Owners.Write(ref xml, "Owner"u8, shown.Owner);
        xml.Open("AccessControlList"u8);
        foreach (var grant in shown.Grants.OrderBy(grant => grant.Group is null)) // groups first, as clients expect
            Write(ref xml, grant);
        xml.Close("AccessControlList"u8);
        xml.Close("AccessControlPolicy"u8);
        xml.Complete();
    }

    static void Write(ref S3XmlWriter xml, Grant grant)
    {
        xml.Open("Grant"u8);
        if (grant.Group is { } group)
        {
            xml.Open("Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\""u8);
            xml.Element("URI"u8, AclDocument.UriOf(group));
        }
        else
        {
            xml.Open("Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\""u8);
            Owners.WriteFields(ref xml, grant.User!);
        }
        xml.Close("Grantee"u8);
        xml.Element("Permission"u8, AclDocument.NameOf(grant.Right));
        xml.Close("Grant"u8);
    }
}
