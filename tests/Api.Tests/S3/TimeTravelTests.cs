using System.Globalization;
using System.Text;
using Varve.Domain.Contents;

namespace Varve.Api.Tests.S3;

/// <summary>Buckets as they were.</summary>
public sealed class TimeTravelTests(S3Host host)
{
    static readonly string[] Old = ["a", "d/1", "d/2", "e"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Then: a, d/1, d/2 and e, all "old". Now: a is "new", d/ is empty, and f has come.</summary>
    async Task<(RawS3 Raw, string Bucket, string Past)> Changed()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        foreach (var key in Old)
            await raw.Send("PUT", $"/{bucket}/{key}", "old"u8.ToArray(), ("x-amz-meta-age", "old"));
        var position = host.Varve.Barrier.Acknowledged;
        await raw.Send("PUT", $"/{bucket}/a", "newer"u8.ToArray());
        await raw.Send("PUT", $"/{bucket}/f", "newer"u8.ToArray());
        await raw.Send("DELETE", $"/{bucket}/d/1");
        await raw.Send("DELETE", $"/{bucket}/d/2");
        return (raw, bucket, $"{bucket}--at-p{position}");
    }

    [Fact]
    public async Task Objects_are_read_as_they_were()
    {
        var (raw, bucket, past) = await Changed();
        foreach (var key in Old)
        {
            var got = await raw.Send("GET", $"/{past}/{key}");
            Assert.Equal(("old", "old"), (Encoding.UTF8.GetString(got.Body), got.Headers["x-amz-meta-age"]));
            Assert.Equal(200, (await raw.Send("HEAD", $"/{past}/{key}")).Status);
        }
        Assert.Equal("NoSuchKey", (await raw.Send("GET", $"/{past}/f")).Element("Code"));
        Assert.Equal("newer", Encoding.UTF8.GetString((await raw.Send("GET", $"/{bucket}/a")).Body));
    }

    [Fact]
    public async Task Listings_are_as_they_were_page_by_page_and_by_folder()
    {
        var (_, _, past) = await Changed();
        using var ana = host.Client("ana");
        var (keys, token) = (new List<string>(), (string?)null);
        do
        {
            var page = await ana.ListObjectsV2Async(
                new()
                {
                    BucketName = past,
                    MaxKeys = 3,
                    ContinuationToken = token,
                },
                Cancel
            );
            Assert.Equal(past, page.Name);
            keys.AddRange(page.S3Objects.Select(o => o.Key));
            token = page.NextContinuationToken;
        } while (token is not null);
        Assert.Equal(Old, keys);

        var folders = await ana.ListObjectsAsync(
            new Amazon.S3.Model.ListObjectsRequest { BucketName = past, Delimiter = "/" },
            Cancel
        );
        Assert.Equal(["d/"], folders.CommonPrefixes);
        Assert.Equal(["a", "e"], folders.S3Objects.Select(o => o.Key));
        Assert.DoesNotContain(past, (await ana.ListBucketsAsync(Cancel)).Buckets.Select(bucket => bucket.BucketName));
    }

    [Fact]
    public async Task A_copy_out_of_the_past_restores_the_very_object()
    {
        var (raw, bucket, past) = await Changed();
        var copied = await raw.Send("PUT", $"/{bucket}/a", null, ("x-amz-copy-source", $"/{past}/a"));
        Assert.Equal(200, copied.Status);
        var got = await raw.Send("GET", $"/{bucket}/a");
        Assert.Equal(("old", "old"), (Encoding.UTF8.GetString(got.Body), got.Headers["x-amz-meta-age"]));
        Assert.Equal(404, (await raw.Send("PUT", $"/{bucket}/a", null, ("x-amz-copy-source", $"/{past}/f"))).Status);
    }

    [Theory]
    [InlineData("PUT", "/k", "MethodNotAllowed", 405)]
    [InlineData("DELETE", "/a", "MethodNotAllowed", 405)]
    [InlineData("POST", "/k?uploads", "MethodNotAllowed", 405)]
    [InlineData("DELETE", "", "MethodNotAllowed", 405)]
    [InlineData("PUT", "", "InvalidBucketName", 400)]
    public async Task The_past_can_not_be_changed(string method, string place, string code, int status)
    {
        var (raw, _, past) = await Changed();
        var refused = await raw.Send(method, $"/{past}{place}", method == "PUT" ? [] : null);
        Assert.Equal((status, code), (refused.Status, refused.Element("Code")));
        Assert.Equal(200, (await raw.Send("HEAD", $"/{past}/a")).Status);
    }

    [Fact]
    public async Task The_bucket_itself_is_asked_for_as_of_an_instant()
    {
        var (raw, bucket, past) = await Changed();
        Assert.Equal(200, (await raw.Send("HEAD", $"/{past}")).Status);
        Assert.Equal(200, (await raw.Send("GET", $"/{past}?location")).Status);
        Assert.Equal(200, (await raw.Send("GET", $"/{past}?versioning")).Status);
        Assert.Equal("NoSuchBucket", (await raw.Send("GET", $"/{bucket}--at-p0")).Element("Code"));
        Assert.Equal("NoSuchBucket", (await raw.Send("GET", $"/{bucket}--at-20010203t040506z")).Element("Code"));
        Assert.Equal("InvalidBucketName", (await raw.Send("GET", $"/{bucket}--at-20261399t040506z")).Element("Code"));
        Assert.Equal("f", (await raw.Send("GET", $"/{bucket}--at-29990101t000000z?prefix=f")).Element("Prefix"));

        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var name = $"{bucket}--at-{now.ToString("yyyyMMdd't'HHmmss'z'", CultureInfo.InvariantCulture)}";
        Assert.Equal("newer", Encoding.UTF8.GetString((await raw.Send("GET", $"/{name}/f")).Body));
    }

    [Fact]
    public async Task A_deleted_bucket_is_still_its_owners_past_and_nobody_elses()
    {
        var bucket = await host.NewBucket();
        var (ana, bob) = (host.Raw("ana"), host.Raw("bob"));
        await ana.Send("PUT", $"/{bucket}/k", "ana's"u8.ToArray());
        var past = $"{bucket}--at-p{host.Varve.Barrier.Acknowledged}";
        Assert.Equal(403, (await bob.Send("GET", $"/{past}/k")).Status);
        await ana.Send("DELETE", $"/{bucket}/k");
        await ana.Send("DELETE", $"/{bucket}");
        Assert.Equal(200, (await bob.Send("PUT", $"/{bucket}")).Status);

        Assert.Equal("ana's", Encoding.UTF8.GetString((await ana.Send("GET", $"/{past}/k")).Body));
        Assert.Equal(403, (await bob.Send("GET", $"/{past}/k")).Status);
        var stolen = await bob.Send("PUT", $"/{bucket}/k", null, ("x-amz-copy-source", $"/{past}/k"));
        Assert.Equal(403, stolen.Status);
    }

    [Fact]
    public async Task A_purged_content_is_refused_as_such()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var bytes = Guid.NewGuid().ToByteArray();
        await raw.Send("PUT", $"/{bucket}/k", bytes);
        var past = $"{bucket}--at-p{host.Varve.Barrier.Acknowledged}";
        await raw.Send("DELETE", $"/{bucket}/k");
        var hash = ContentHash.FromBytes(System.Security.Cryptography.SHA256.HashData(bytes));
        var context = host.Varve.Context("root");
        await host.Varve.Run(new ContentCommand.SchedulePurge(context, hash, context.At), Cancel);
        await host.Varve.Run(new ContentCommand.Purge(host.Varve.Context("root"), hash), Cancel);

        var refused = await raw.Send("GET", $"/{past}/k");
        Assert.Equal((410, "InvalidObjectState"), (refused.Status, refused.Element("Code")));
        var copy = await raw.Send("PUT", $"/{bucket}/k", null, ("x-amz-copy-source", $"/{past}/k"));
        Assert.Equal((410, "InvalidObjectState"), (copy.Status, copy.Element("Code")));
        Assert.Equal("k", (await raw.Send("GET", $"/{past}?list-type=2")).Element("Key"));
    }
}
