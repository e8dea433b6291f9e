using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Model;
using Microsoft.AspNetCore.Http;
using Varve.Api.Tests.S3.Protocol;

namespace Varve.Api.Tests.S3;

public sealed class PutObjectTests(S3Host host)
{
    static readonly byte[] Hello = "hello"u8.ToArray();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a"), InlineData("a/b"), InlineData("a/b/"), InlineData("/a"), InlineData("a//b"), InlineData("..")]
    [
        InlineData("a/../b"),
        InlineData("a+b"),
        InlineData("a b"),
        InlineData("a%2Fb"),
        InlineData("a%b"),
        InlineData("ü/日本")
    ]
    [
        InlineData("e\u0301"),
        InlineData("?x=y&z"),
        InlineData("#"),
        InlineData("\\"),
        InlineData("😀"),
        InlineData("a\nb")
    ]
    public async Task A_key_is_its_bytes_and_nothing_else(string key)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var path = $"/{bucket}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}";
        Assert.Equal(200, (await raw.Send("PUT", path, Encoding.UTF8.GetBytes(key))).Status);
        Assert.Equal(key, (await raw.Send("GET", path)).Text);
        var list = await raw.Send("GET", $"/{bucket}?list-type=2&encoding-type=url");
        Assert.Equal([key], list.Elements("Key").Select(Uri.UnescapeDataString));
    }

    [Fact]
    public async Task A_key_of_1024_bytes_is_taken_and_one_more_is_not()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/{new string('k', 1024)}", Hello)).Status);
        var refused = await raw.Send("PUT", $"/{bucket}/{new string('k', 1025)}", Hello);
        Assert.Equal((400, "KeyTooLongError"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task The_sdk_gets_back_what_it_put()
    {
        var bucket = await host.NewBucket();
        using var ana = host.Client("ana");
        var put = new PutObjectRequest
        {
            BucketName = bucket,
            Key = "k",
            ContentBody = "hello",
        };
        put.Metadata["Colour"] = "blue";
        put.Headers.CacheControl = "no-cache";
        put.Headers.ContentDisposition = "attachment";
        put.ContentType = "text/plain";
        var answer = await ana.PutObjectAsync(put, Cancel);
        Assert.Equal("\"5d41402abc4b2a76b9719d911017c592\"", answer.ETag);

        using var got = await ana.GetObjectAsync(bucket, "k", Cancel);
        using var reader = new StreamReader(got.ResponseStream);
        Assert.Equal("hello", await reader.ReadToEndAsync(Cancel));
        Assert.Equal("blue", got.Metadata["colour"]);
        Assert.Equal(
            ("no-cache", "attachment", "text/plain"),
            (got.Headers.CacheControl, got.Headers.ContentDisposition, got.Headers.ContentType)
        );
    }

    [Fact]
    public async Task Nothing_said_of_the_content_is_binary()
    {
        var bucket = await host.NewBucket();
        await host.Raw("ana").Send("PUT", $"/{bucket}/k", []);
        var head = await host.Raw("ana").Send("HEAD", $"/{bucket}/k");
        Assert.Equal(("binary/octet-stream", "0"), (head.Headers["content-type"], head.Headers["content-length"]));
    }

    [Theory]
    [InlineData("content-md5", "XUFAKrxLKna5cZ2REBfFkg==", 200, "")]
    [InlineData("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", 400, "BadDigest")]
    [InlineData("content-md5", "short", 400, "InvalidDigest")]
    [InlineData("x-amz-checksum-crc32", "NhCmhg==", 200, "")]
    [InlineData("x-amz-checksum-crc32", "AAAAAA==", 400, "BadDigest")]
    [InlineData("x-amz-checksum-crc32", "AAAA", 400, "BadDigest")]
    [InlineData("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", 200, "")]
    [InlineData("x-amz-server-side-encryption", "aws:kms", 501, "NotImplemented")]
    [InlineData("x-amz-server-side-encryption-customer-algorithm", "AES256", 400, "InvalidArgument")]
    [InlineData("x-amz-acl", "private", 200, "")]
    [InlineData("x-amz-acl", "public-read", 200, "")]
    [InlineData("x-amz-acl", "everybody", 400, "InvalidArgument")]
    [InlineData("x-amz-grant-read", "id=1", 400, "InvalidArgument")]
    [InlineData("x-amz-tagging", "a=b&a=c", 400, "InvalidArgument")]
    [InlineData("x-amz-tagging", "", 200, "")]
    [InlineData("x-amz-object-lock-mode", "GOVERNANCE", 400, "InvalidArgument")]
    [InlineData("x-amz-website-redirect-location", "/x", 200, "")]
    [InlineData("x-amz-website-redirect-location", "x", 400, "InvalidRedirectLocation")]
    [InlineData("x-amz-write-offset-bytes", "0", 501, "NotImplemented")]
    [InlineData("x-amz-storage-class", "STANDARD_IA", 200, "")]
    [InlineData("x-amz-storage-class", "SOMEWHERE", 400, "InvalidStorageClass")]
    [InlineData("x-amz-expected-bucket-owner", "bob", 403, "AccessDenied")]
    [InlineData("x-amz-expected-bucket-owner", "ana", 200, "")]
    [InlineData("x-varve-position", "soon", 400, "InvalidArgument")]
    public async Task A_header_is_kept_or_refused(string name, string value, int status, string code)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var answer = await raw.Send("PUT", $"/{bucket}/k", Hello, (name, value));
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(status == 200 ? 200 : 404, (await raw.Send("HEAD", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task A_checksum_is_given_back_where_it_is_asked_for()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var put = await raw.Send("PUT", $"/{bucket}/k", Hello, ("x-amz-checksum-crc32", "NhCmhg=="));
        Assert.Equal("NhCmhg==", put.Headers["x-amz-checksum-crc32"]);
        var asked = await raw.Send("HEAD", $"/{bucket}/k", null, ("x-amz-checksum-mode", "ENABLED"));
        Assert.Equal(
            ("NhCmhg==", "FULL_OBJECT"),
            (asked.Headers["x-amz-checksum-crc32"], asked.Headers["x-amz-checksum-type"])
        );
        Assert.DoesNotContain("x-amz-checksum-crc32", (await raw.Send("HEAD", $"/{bucket}/k")).Headers.Keys);
    }

    [Fact]
    public async Task Aws_chunked_is_how_it_came_and_not_what_it_is()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/k", Hello, ("content-encoding", "aws-chunked, gzip"));
        await raw.Send("PUT", $"/{bucket}/l", Hello, ("content-encoding", "aws-chunked"));
        Assert.Equal("gzip", (await raw.Send("HEAD", $"/{bucket}/k")).Headers["content-encoding"]);
        Assert.DoesNotContain("content-encoding", (await raw.Send("HEAD", $"/{bucket}/l")).Headers.Keys);
    }

    [Fact]
    public async Task Metadata_beyond_2_KiB_is_refused_and_beyond_ascii_is_encoded()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var long1 = await raw.Send("PUT", $"/{bucket}/k", Hello, ("x-amz-meta-a", new string('a', 2048)));
        Assert.Equal((400, "MetadataTooLarge"), (long1.Status, long1.Code));
        await raw.Send("PUT", $"/{bucket}/k", Hello, ("x-amz-meta-a", "grün"));
        Assert.Equal("=?UTF-8?B?Z3LDvG4=?=", (await raw.Send("HEAD", $"/{bucket}/k")).Headers["x-amz-meta-a"]);
    }

    [Fact]
    public async Task Of_twenty_racing_creations_exactly_one_wins()
    {
        var bucket = await host.NewBucket();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i => host.Raw("ana").Send("PUT", $"/{bucket}/k", [(byte)i], ("if-none-match", "*")))
        );
        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(
            answers.Where(a => a.Status != 200),
            a => Assert.Equal((412, "PreconditionFailed"), (a.Status, a.Code))
        );
    }

    [Fact]
    public async Task An_overwrite_can_depend_on_what_is_there()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        Assert.Equal("NoSuchKey", (await raw.Send("PUT", $"/{bucket}/k", Hello, ("if-match", "\"a\""))).Code);
        var etag = (await raw.Send("PUT", $"/{bucket}/k", Hello)).Headers["etag"];
        Assert.Equal(412, (await raw.Send("PUT", $"/{bucket}/k", [1], ("if-match", "\"a\""))).Status);
        Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/k", [1], ("if-match", etag))).Status);
        Assert.Equal(412, (await raw.Send("PUT", $"/{bucket}/k", [2], ("if-match", etag))).Status);
    }

    [Theory, InlineData("if-none-match", "*"), InlineData("if-match", "\"other\"")]
    public async Task A_condition_that_does_not_hold_spares_the_body(string name, string value)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/k", Hello);
        var headers = new HeaderDictionary
        {
            ["host"] = host.Url.Authority,
            ["expect"] = "100-continue",
            ["content-length"] = "5000000000",
            [name] = value,
        };
        raw.Signer.SignHeaders("PUT", $"/{bucket}/k", [], headers, "UNSIGNED-PAYLOAD");
        var answer = await raw.Exchange("PUT", $"/{bucket}/k", headers, []);
        Assert.Equal((412, "PreconditionFailed"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_body_that_is_not_what_was_signed_is_not_stored()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var headers = new HeaderDictionary { ["host"] = host.Url.Authority };
        raw.Signer.SignHeaders("PUT", $"/{bucket}/k", [], headers, SigV4Signer.HashHex(Hello));
        var answer = await raw.Exchange("PUT", $"/{bucket}/k", headers, "other"u8.ToArray());
        Assert.Equal((400, "XAmzContentSHA256Mismatch"), (answer.Status, answer.Code));
        Assert.Equal(404, (await raw.Send("HEAD", $"/{bucket}/k")).Status);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_body_in_chunks_is_freed_of_its_frames(bool signed)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var mode = signed ? "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" : "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
        var headers = new HeaderDictionary
        {
            ["host"] = host.Url.Authority,
            ["x-amz-decoded-content-length"] = "5",
            ["x-amz-trailer"] = "x-amz-checksum-crc32",
            ["content-encoding"] = "aws-chunked",
        };
        var signer = raw.Signer;
        var seed = signer.SignHeaders("PUT", $"/{bucket}/k", [], headers, mode);
        var body = signer.Chunked(
            ["he"u8.ToArray(), "llo"u8.ToArray()],
            signed ? seed : null,
            ("x-amz-checksum-crc32", "NhCmhg==")
        );
        var put = await raw.Exchange("PUT", $"/{bucket}/k", headers, body);
        Assert.Equal(200, put.Status);
        Assert.Equal("hello", (await raw.Send("GET", $"/{bucket}/k")).Text);
    }

    [Fact]
    public async Task Chunks_are_taken_by_PutObject_and_UploadPart_only()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var headers = new HeaderDictionary { ["host"] = host.Url.Authority };
        raw.Signer.SignHeaders("POST", $"/{bucket}", [("delete", "")], headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        var answer = await raw.Exchange("POST", $"/{bucket}?delete", headers, Hello);
        Assert.Equal((400, "InvalidRequest"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("/no-such-bucket/k", 404, "NoSuchBucket")]
    [InlineData("/{bucket}/k?acl", 404, "NoSuchKey")]
    public async Task A_refusal_does_not_wait_for_the_body(string target, int status, string code)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        target = target.Replace("{bucket}", bucket, StringComparison.Ordinal);
        var headers = new HeaderDictionary
        {
            ["host"] = host.Url.Authority,
            ["expect"] = "100-continue",
            ["content-length"] = "5000000000",
        };
        var (path, query) = (
            target.Split('?')[0],
            target.Contains('?', StringComparison.Ordinal) ? new[] { ("acl", "") } : []
        );
        raw.Signer.SignHeaders("PUT", path, query, headers, "UNSIGNED-PAYLOAD");
        var answer = await raw.Exchange("PUT", target, headers, []);
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_body_beyond_5_GiB_is_refused_before_it_comes()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var headers = new HeaderDictionary
        {
            ["host"] = host.Url.Authority,
            ["expect"] = "100-continue",
            ["content-length"] = "5368709121",
        };
        raw.Signer.SignHeaders("PUT", $"/{bucket}/k", [], headers, "UNSIGNED-PAYLOAD");
        var answer = await raw.Exchange("PUT", $"/{bucket}/k", headers, []);
        Assert.Equal((400, "EntityTooLarge"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_client_that_goes_away_half_way_leaves_nothing()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var headers = new HeaderDictionary { ["host"] = host.Url.Authority, ["content-length"] = "1000000" };
        raw.Signer.SignHeaders("PUT", $"/{bucket}/k", [], headers, "UNSIGNED-PAYLOAD");
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(host.Url.Host, host.Url.Port, Cancel);
            var head =
                $"PUT /{bucket}/k HTTP/1.1\r\n"
                + string.Concat(headers.Select(h => $"{h.Key}: {h.Value}\r\n"))
                + "\r\n";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + new string('x', 5000)), Cancel);
        }
        Assert.Equal(404, (await raw.Send("HEAD", $"/{bucket}/k")).Status);
        Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/k", Hello)).Status);
    }

    [Fact]
    public async Task A_large_body_comes_back_byte_for_byte()
    {
        var bucket = await host.NewBucket();
        var bytes = RandomNumberGenerator.GetBytes(3_000_001);
        var raw = host.Raw("ana");
        Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/k", bytes)).Status);
        Assert.Equal(bytes, (await raw.Send("GET", $"/{bucket}/k")).Body);
        var part = await raw.Send("GET", $"/{bucket}/k", null, ("range", "bytes=1000000-2000000"));
        Assert.Equal(bytes[1_000_000..2_000_001], part.Body);
    }

    [Fact]
    public async Task The_position_of_a_write_can_be_waited_for()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var position = (await raw.Send("PUT", $"/{bucket}/k", Hello)).Headers["x-varve-position"];
        Assert.Equal(200, (await raw.Send("GET", $"/{bucket}/k", null, ("x-varve-position", position))).Status);
    }
}
