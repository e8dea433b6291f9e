using Varve.Domain.Buckets;

namespace Varve.Api.Tests.S3;

public sealed class QuotaTests(S3Host host)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_takes_what_it_has_room_for()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await bucket.Put("before", "12345");
        await Set(bucket, new(Bytes: 10, Objects: null));
        Assert.Equal(200, (await bucket.Send("PUT", "/a", "12345")).Status);
        var full = await bucket.Send("PUT", "/b", "1");
        Assert.Equal((403, "QuotaExceeded"), (full.Status, full.Code));
        Assert.Equal(404, (await bucket.Send("GET", "/b")).Status);
        var copy = await bucket.Send("PUT", "/b", "", ("x-amz-copy-source", $"{bucket.Name}/a"));
        Assert.Equal("QuotaExceeded", copy.Code);

        await bucket.Delete("before");
        Assert.Equal(200, (await bucket.Send("PUT", "/b", "1")).Status);
        await Set(bucket, quota: null);
        Assert.Equal(200, (await bucket.Send("PUT", "/c", new string('c', 100))).Status);
    }

    [Fact]
    public async Task Versions_that_S3_shows_count_each()
    {
        using var bucket = await VersionedBucket.Make(host);
        await Set(bucket, new(Bytes: 100, Objects: 2));
        var first = await bucket.Put("a", "1");
        await bucket.Delete("a"); // its marker does not count, but the version stays
        await bucket.Put("a", "2");
        Assert.Equal("QuotaExceeded", (await bucket.Send("PUT", "/a", "3")).Code);
        await bucket.Delete("a", first);
        Assert.Equal(200, (await bucket.Send("PUT", "/a", "3")).Status);
    }

    [Fact]
    public async Task Parts_are_refused_early_and_an_upload_that_was_completed_stays_so()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await Set(bucket, new(Bytes: 10, Objects: null));
        var id = (await bucket.Send("POST", "/k?uploads")).Element("UploadId");
        Assert.Equal("QuotaExceeded", (await bucket.Send("PUT", $"/k?partNumber=1&uploadId={id}", "12345678901")).Code);
        var part = await bucket.Send("PUT", $"/k?partNumber=1&uploadId={id}", "1234567890");
        var complete =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
            + $"<ETag>{part.Headers["ETag"]}</ETag></Part></CompleteMultipartUpload>";
        await bucket.Put("other", "1");
        Assert.Equal("QuotaExceeded", (await bucket.Send("POST", $"/k?uploadId={id}", complete)).Code);
        await bucket.Delete("other");
        Assert.Equal(200, (await bucket.Send("POST", $"/k?uploadId={id}", complete)).Status);
        Assert.Equal(200, (await bucket.Send("POST", $"/k?uploadId={id}", complete)).Status); // its answer got lost
    }

    async Task Set(VersionedBucket bucket, BucketQuota? quota)
    {
        var context = host.Varve.Context("root");
        await host.Varve.Run(
            new BucketCommand.Configure(
                context,
                BucketName.Parse(bucket.Name),
                new BucketConfigurationEvent.QuotaSet(quota, context.At)
            ),
            Cancel
        );
    }
}
