using Varve.Api.S3.Protocol;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c> and <c>PUT /{bucket}?notification</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"/>
static class BucketNotification
{
    /// <summary>The rules are read where they were written: the read models have no use for them.</summary>
    public static async Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var bucket = await varve.Read(Bucket.Decider, BucketName.Parse(request.Place!.Bucket.Name).Stream, cancel);
        var xml = new S3XmlWriter(request.Xml());
        NotificationDocument.Write(ref xml, bucket.Configuration.Notifications);
    }

    /// <summary>All rules anew; none takes them away. Whether a destination answers shows later: it is sent a test
    /// event, as are all others once they are there.</summary>
    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var body = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var rules = NotificationDocument.Read(body, request.Options.Destinations);
        await BucketChange.Run(request, at => new BucketConfigurationEvent.NotificationsSet(rules, at), varve, cancel);
    }
}
