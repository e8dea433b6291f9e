using System.Security.Cryptography;
using Amazon.S3.Model;

namespace Varve.Api.Tests.S3;

/// <summary>CopyObject and UploadPartCopy.</summary>
public sealed class CopyTests(S3Host host)
{
    static readonly byte[] Bytes = RandomNumberGenerator.GetBytes(600_000);

    async Task<(RawS3 Raw, string Bucket, string ETag)> Stored(string key = "k")
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var put = await raw.Send(
            "PUT",
            $"/{bucket}/{key}",
            Bytes,
            ("x-amz-meta-colour", "blue"),
            ("content-type", "text/plain")
        );
        Assert.Equal(200, put.Status);
        return (raw, bucket, put.Headers["etag"]);
    }

    [Fact]
    public async Task A_copy_has_the_bytes_and_the_metadata()
    {
        var (raw, bucket, etag) = await Stored("a%20%2B%2Fb");
        var copy = await raw.Send("PUT", $"/{bucket}/copy", null, ("x-amz-copy-source", $"/{bucket}/a%20%2B%2Fb"));
        Assert.Equal((200, etag, "CopyObjectResult"), (copy.Status, copy.Element("ETag"), copy.Xml.Name.LocalName));
        var got = await raw.Send("GET", $"/{bucket}/copy");
        Assert.Equal(Bytes, got.Body);
        Assert.Equal(
            ("blue", "text/plain", etag),
            (got.Headers["x-amz-meta-colour"], got.Headers["content-type"], got.Headers["etag"])
        );
    }

    [Fact]
    public async Task The_sdk_copies()
    {
        var (raw, bucket, _) = await Stored();
        using var ana = host.Client("ana");
        await ana.CopyObjectAsync(
            new CopyObjectRequest
            {
                SourceBucket = bucket,
                SourceKey = "k",
                DestinationBucket = bucket,
                DestinationKey = "ü",
            },
            TestContext.Current.CancellationToken
        );
        Assert.Equal(Bytes, (await raw.Send("GET", $"/{bucket}/%C3%BC")).Body);
    }

    [Fact]
    public async Task Metadata_can_be_replaced_even_of_the_object_itself()
    {
        var (raw, bucket, _) = await Stored();
        var source = ("x-amz-copy-source", $"{bucket}/k");
        var refused = await raw.Send("PUT", $"/{bucket}/k", null, source);
        Assert.Equal((400, "InvalidRequest"), (refused.Status, refused.Code));
        Assert.Equal(
            "InvalidArgument",
            (await raw.Send("PUT", $"/{bucket}/k", null, source, ("x-amz-metadata-directive", "MAYBE"))).Code
        );

        var replaced = await raw.Send(
            "PUT",
            $"/{bucket}/k",
            null,
            source,
            ("x-amz-metadata-directive", "REPLACE"),
            ("x-amz-meta-size", "big")
        );
        Assert.Equal(200, replaced.Status);
        var head = await raw.Send("HEAD", $"/{bucket}/k");
        Assert.Equal("big", head.Headers["x-amz-meta-size"]);
        Assert.DoesNotContain("x-amz-meta-colour", head.Headers.Keys);
        Assert.Equal(Bytes, (await raw.Send("GET", $"/{bucket}/k")).Body);
    }

    [Theory]
    [InlineData("{bucket}/missing", 404, "NoSuchKey"), InlineData("no-such-bucket/k", 404, "NoSuchBucket")]
    [InlineData("{bucket}", 400, "InvalidArgument"), InlineData("%zz", 400, "InvalidArgument")]
    [InlineData("{bucket}/k?versionId=x", 400, "InvalidArgument"), InlineData("{bucket}/k?versionId=null", 200, "")]
    public async Task A_source_is_found_or_refused(string source, int status, string code)
    {
        var (raw, bucket, _) = await Stored();
        source = source.Replace("{bucket}", bucket, StringComparison.Ordinal);
        var answer = await raw.Send("PUT", $"/{bucket}/copy", null, ("x-amz-copy-source", source));
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Theory, InlineData("if-match", "\"x\""), InlineData("if-none-match", "*")]
    [
        InlineData("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT"),
        InlineData("if-modified-since", "Tue, 01 Jan 2030 00:00:00 GMT")
    ]
    public async Task A_copy_can_depend_on_its_source(string name, string value)
    {
        var (raw, bucket, _) = await Stored();
        var answer = await raw.Send(
            "PUT",
            $"/{bucket}/copy",
            null,
            ("x-amz-copy-source", $"{bucket}/k"),
            ($"x-amz-copy-source-{name}", value)
        );
        Assert.Equal((412, "PreconditionFailed"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Nobody_copies_what_they_may_not_read()
    {
        var (_, bucket, _) = await Stored();
        await host.Raw("bob").Send("PUT", $"/{bucket}-of-bob");
        var answer = await host.Raw("bob")
            .Send("PUT", $"/{bucket}-of-bob/k", null, ("x-amz-copy-source", $"{bucket}/k"));
        Assert.Equal((403, "AccessDenied"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_copy_can_be_given_a_checksum()
    {
        var (raw, bucket, _) = await Stored();
        var answer = await raw.Send(
            "PUT",
            $"/{bucket}/copy",
            null,
            ("x-amz-copy-source", $"{bucket}/k"),
            ("x-amz-checksum-algorithm", "SHA256")
        );
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(Bytes)), answer.Element("ChecksumSHA256"));
    }

    [Fact]
    public async Task A_part_can_be_copied_out_of_a_range()
    {
        var (raw, bucket, _) = await Stored();
        var id = (await raw.Send("POST", $"/{bucket}/joined?uploads")).Element("UploadId")!;
        var upload = new OpenUpload(raw, $"/{bucket}/joined", id);
        var source = ("x-amz-copy-source", $"{bucket}/k");
        var part = await upload.TryPut(1, [], source, ("x-amz-copy-source-range", "bytes=100000-500000"));
        Assert.Equal((200, "CopyPartResult"), (part.Status, part.Xml.Name.LocalName));
        Assert.Equal(
            "InvalidRange",
            (await upload.TryPut(2, [], source, ("x-amz-copy-source-range", "bytes=0-600000"))).Code
        );
        Assert.Equal(
            "InvalidArgument",
            (await upload.TryPut(2, [], source, ("x-amz-copy-source-range", "bytes=5-"))).Code
        );
        Assert.Equal(200, (await upload.Complete((1, part.Element("ETag")!))).Status);
        Assert.Equal(Bytes[100_000..500_001], (await raw.Send("GET", $"/{bucket}/joined")).Body);
    }
}
