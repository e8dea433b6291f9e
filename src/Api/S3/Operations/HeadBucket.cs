using Varve.Api.S3.Protocol;

namespace Varve.Api.S3.Operations;

/// <summary><c>HEAD /{bucket}</c>: whether it is there, and the caller's.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"/>
static class HeadBucket
{
    public static Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        request.Response.Headers["x-amz-bucket-region"] = request.Options.RegionName;
        request.Response.ContentType = "application/xml";
        return Task.CompletedTask;
    }
}

/// <summary><c>GET /{bucket}?location</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"/>
static class GetBucketLocation
{
    public static Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("LocationConstraint"u8);
        if (request.Options.RegionName != "us-east-1") // AWS's first region has no name here
            xml.Text(request.Options.RegionName);
        xml.Close("LocationConstraint"u8);
        xml.Complete();
        return Task.CompletedTask;
    }
}
