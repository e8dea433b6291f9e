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
        request.Acknowledge(await varve.Run(new BucketCommand.Create(varve.Context(user), name, user), cancel));
        request.Response.Headers.Location = $"/{name}";
    }

    static void RefuseUnsupported(IHeaderDictionary headers)
    {
        if (string.Equals(headers["x-amz-bucket-object-lock-enabled"], "true", StringComparison.OrdinalIgnoreCase))
            throw new RejectedException(ErrorCode.NotImplemented, "x-amz-bucket-object-lock-enabled");
        if (headers["x-amz-object-ownership"] is { Count: > 0 } ownership && ownership != "BucketOwnerEnforced")
            throw new RejectedException(ErrorCode.NotImplemented, $"x-amz-object-ownership: {ownership}");
    }
}
