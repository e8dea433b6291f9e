using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}</c>. Any location is accepted: a Varve is one place.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"/>
static class CreateBucket
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var name = BucketName.Parse(request.Bucket);
        RequestedObject.RefuseUnsupported(request.Headers);
        RefuseUnsupported(request.Headers);
        _ = S3Documents.CreateBucketConfiguration(await request.ReadDocument(S3Documents.BytesMax, cancel));

        var user = request.Caller.UserName;
        var command = new BucketCommand.Create(varve.Context(user), name, user, ObjectLock(request.Headers));
        request.Acknowledge(await varve.Run(command, cancel));
        request.Response.Headers.Location = $"/{name}";
    }

    static bool ObjectLock(IHeaderDictionary headers) =>
        string.Equals(headers["x-amz-bucket-object-lock-enabled"], "true", StringComparison.OrdinalIgnoreCase);

    static void RefuseUnsupported(IHeaderDictionary headers)
    {
        if (headers["x-amz-object-ownership"] is { Count: > 0 } ownership && ownership != "BucketOwnerEnforced")
            throw new RejectedException(ErrorCode.NotImplemented, $"x-amz-object-ownership: {ownership}");
    }
}
