using System.Collections.Immutable;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>?lifecycle</c> of a bucket, and what it says of an object.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html"/>
static class BucketLifecycle
{
    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel) =>
        await Set(
            request,
            LifecycleDocument.Read(await request.ReadDocument(S3Documents.BytesMax, cancel)),
            varve,
            cancel
        );

    public static async Task Delete(S3Request request, Backend varve, CancellationToken cancel)
    {
        await Set(request, rules: null, varve, cancel);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var rules =
            request.Place!.Bucket.Lifecycle ?? throw new RejectedException(ErrorCode.NoSuchLifecycleConfiguration);
        var xml = new S3XmlWriter(request.Xml());
        LifecycleDocument.Write(ref xml, rules);
        return Task.CompletedTask;
    }

    /// <summary>When the object will expire, and why: <c>x-amz-expiration</c>.</summary>
    public static void Tell(S3Request request, ObjectEvent.Put made) => Tell(request, made.Size, made.Tags, made.At);

    /// <inheritdoc cref="Tell(S3Request, ObjectEvent.Put)"/>
    public static void Tell(S3Request request, ObjectRow current) =>
        Tell(request, current.Size, current.Tags, current.LastModified);

    static void Tell(
        S3Request request,
        long size,
        ImmutableSortedDictionary<string, string>? tags,
        DateTimeOffset lastModified
    )
    {
        var expiry = request.Place!.Bucket.Lifecycle?.ExpiryOf(
            request.Key,
            size,
            tags,
            lastModified,
            LifecycleRules.Day
        );
        if (expiry is var (at, rule))
        {
            var id = PercentCoding.Encode(rule.Id, keepSlash: false);
            request.Response.Headers["x-amz-expiration"] = $"expiry-date=\"{HttpDates.Format(at)}\", rule-id=\"{id}\"";
        }
    }

    static async Task Set(S3Request request, LifecycleRules? rules, Backend varve, CancellationToken cancel)
    {
        var context = varve.Context(request.Caller.UserName);
        var bucket = BucketName.Parse(request.Bucket);
        request.Acknowledge(await varve.Run(new BucketCommand.SetLifecycle(context, bucket, rules), cancel));
    }
}
