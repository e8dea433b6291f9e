using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}?versioning</c>: nothing to tell where it was never turned on.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html"/>
static class GetBucketVersioning
{
    public static Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("VersioningConfiguration"u8);
        xml.ElementIfAny("Status"u8, request.Place!.Bucket.Versioning?.ToString());
        xml.Close("VersioningConfiguration"u8);
        xml.Complete();
        return Task.CompletedTask;
    }
}

/// <summary><c>PUT /{bucket}?versioning</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html"/>
static class PutBucketVersioning
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var body = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var status = StatusOf(S3XmlReader.Read(body, "VersioningConfiguration"));
        var context = varve.Context(request.Caller.UserName);
        var bucket = BucketName.Parse(request.Bucket);
        request.Acknowledge(await varve.Run(new BucketCommand.SetVersioning(context, bucket, status), cancel));
    }

    static BucketVersioning StatusOf(XmlPart document)
    {
        if (document["MfaDelete"]?.Trim() is { Length: > 0 } mfa)
            switch (mfa)
            {
                case "Enabled":
                    throw new RejectedException(ErrorCode.NotImplemented, "MfaDelete");
                case not "Disabled":
                    throw S3XmlReader.Malformed("MfaDelete is neither Enabled nor Disabled.");
            }
        return document["Status"]?.Trim() switch
        {
            "Enabled" => BucketVersioning.Enabled,
            "Suspended" => BucketVersioning.Suspended,
            null => throw new RejectedException(ErrorCode.IllegalVersioningConfiguration),
            _ => throw S3XmlReader.Malformed("Status is neither Enabled nor Suspended."),
        };
    }
}
