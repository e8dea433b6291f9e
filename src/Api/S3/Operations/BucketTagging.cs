using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c>, <c>PUT</c> and <c>DELETE /{bucket}?tagging</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html"/>
static class BucketTagging
{
    const int TagsMax = 50;

    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var tags = request.Place!.Bucket.Configuration.Tags ?? throw new RejectedException(ErrorCode.NoSuchTagSet);
        TagSet.WriteDocument(request.Xml(), tags);
        return Task.CompletedTask;
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var tags = TagSet.Read(
            document,
            TagsMax,
            () => new RejectedException(ErrorCode.BadRequest, $"Tag count cannot be greater than {TagsMax}")
        );
        request.Response.StatusCode = StatusCodes.Status204NoContent;
        var set = tags.IsEmpty ? null : tags;
        await BucketChange.Run(request, at => new BucketConfigurationEvent.Tagged(set, at), varve, cancel);
    }

    public static Task Delete(S3Request request, Backend varve, CancellationToken cancel) =>
        BucketChange.Delete(request, at => new BucketConfigurationEvent.Tagged(Tags: null, at), varve, cancel);
}
