using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}</c>. Any location is accepted: a Varve is one place. In AWS's oldest region whoever makes
/// their own bucket again is told that it is there.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"/>
static class CreateBucket
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var name = BucketName.Parse(request.Bucket);
        RequestedObject.RefuseUnsupported(request.Headers);
        _ = S3Documents.CreateBucketConfiguration(await request.ReadDocument(S3Documents.BytesMax, cancel));

        var user = request.Caller.UserName;
        var context = varve.Context(user);
        var command = new BucketCommand.Create(context, name, user, ObjectLock(request.Headers))
        {
            Configured = [.. await Configured(request, context.At, cancel)],
        };
        request.Response.Headers.Location = $"/{name}";
        try
        {
            request.Acknowledge(await varve.Run(command, cancel));
        }
        catch (RejectedException refused)
            when (refused.Rejection.Code == ErrorCode.BucketAlreadyOwnedByYou && request.Options.IsLegacyRegion)
        {
            await request.AcknowledgeAgain(varve, cancel);
        }
    }

    static bool ObjectLock(IHeaderDictionary headers) =>
        string.Equals(headers["x-amz-bucket-object-lock-enabled"], "true", StringComparison.OrdinalIgnoreCase);

    static async ValueTask<List<BucketConfigurationEvent>> Configured(
        S3Request request,
        DateTimeOffset at,
        CancellationToken cancel
    )
    {
        var configured = new List<BucketConfigurationEvent>();
        ObjectOwnership? ownership = request.Headers["x-amz-object-ownership"] is { Count: > 0 } header
            ? OwnershipControls.Parse(header.ToString())
                ?? throw new RejectedException(ErrorCode.InvalidArgument, "Invalid x-amz-object-ownership header")
            : null;
        if (ownership is not null)
            configured.Add(new BucketConfigurationEvent.OwnershipSet(ownership, at));
        var acl = await RequestedAcl.OfNewBucket(request, cancel);
        if (acl?.IsDefault(request.Caller.UserName) ?? true)
            return configured;
        if (ownership == ObjectOwnership.BucketOwnerEnforced)
            throw new RejectedException(ErrorCode.InvalidBucketAclWithObjectOwnership);
        configured.Add(new BucketConfigurationEvent.AclSet(acl, at));
        return configured;
    }
}
