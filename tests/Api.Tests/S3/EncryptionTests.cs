using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Varve.Api.Encryption;
using Varve.Api.Tests.S3.Permissions;
using Varve.Tiers;

namespace Varve.Api.Tests.S3;

/// <summary>SSE-C and SSE-S3.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html"/>
public sealed class EncryptionTests(S3Host host)
{
    const string Sse = "x-amz-server-side-encryption";
    const string CopySse = "x-amz-copy-source-server-side-encryption";

    static readonly byte[] Big = RandomNumberGenerator.GetBytes(5 * 1024 * 1024);
    static readonly byte[] Some = RandomNumberGenerator.GetBytes(200_000);
    static readonly byte[] OneKey = RandomNumberGenerator.GetBytes(32);
    static readonly byte[] OtherKey = RandomNumberGenerator.GetBytes(32);
    static readonly (string, string)[] Plain = [];
    static readonly (string, string)[] Server = [(Sse, "AES256")];
    static readonly (string, string)[] One = Customer(OneKey);
    static readonly (string, string)[] Other = Customer(OtherKey);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static (string, string)[] Customer(byte[] key, string of = Sse) =>
        [
            ($"{of}-customer-algorithm", "AES256"),
            ($"{of}-customer-key", Convert.ToBase64String(key)),
            ($"{of}-customer-key-md5", Convert.ToBase64String(MD5.HashData(key))),
        ];

    static (string, string)[] HeadersOf(string kind) =>
        kind switch
        {
            "plain" => Plain,
            "server" => Server,
            "one" => One,
            _ => Other,
        };

    async Task<(RawS3 Raw, string Path)> Place() => (host.Raw("ana"), $"/{await host.NewBucket()}/k");

    [Theory]
    [InlineData(0), InlineData(1), InlineData(13), InlineData(1024), InlineData(65536), InlineData(1_000_000)]
    public async Task What_was_put_with_a_key_is_read_with_it(int size)
    {
        var (raw, path) = await Place();
        var bytes = RandomNumberGenerator.GetBytes(size);
        var put = await raw.Send("PUT", path, bytes, One);
        Assert.Equal(200, put.Status);
        foreach (var answer in (RawAnswer[])[put, await raw.Send("HEAD", path, null, One)])
            Assert.Equal(
                ("AES256", One[2].Item2),
                (answer.Headers[$"{Sse}-customer-algorithm"], answer.Headers[$"{Sse}-customer-key-md5"])
            );
        var got = await raw.Send("GET", path, null, One);
        Assert.Equal(bytes, got.Body);
        Assert.Equal($"{size}", got.Headers["content-length"]);
        Assert.NotEqual($"\"{Convert.ToHexStringLower(MD5.HashData(bytes))}\"", put.Headers["etag"]);
        Assert.Equal($"{size}", (await raw.Send("GET", path[..^2])).Element("Size"));
    }

    [Theory]
    [InlineData("none", 400, "InvalidRequest"), InlineData("other", 400, "InvalidRequest")]
    public async Task Without_the_key_nothing_is_told(string key, int status, string code)
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some, One);
        var headers = key == "none" ? Plain : Other;
        var got = await raw.Send("GET", path, null, headers);
        Assert.Equal((status, code), (got.Status, got.Code));
        Assert.Equal(status, (await raw.Send("HEAD", path, null, headers)).Status);
        var attributes = await raw.Send(
            "GET",
            $"{path}?attributes",
            null,
            [.. headers, ("x-amz-object-attributes", "ETag")]
        );
        Assert.Equal((status, code), (attributes.Status, attributes.Code));
        var copy = await raw.Send("PUT", path + "2", null, ("x-amz-copy-source", path));
        Assert.Equal((400, "InvalidRequest"), (copy.Status, copy.Code));
    }

    [Theory, InlineData("plain"), InlineData("server")]
    public async Task A_key_where_there_is_none_is_refused(string kind)
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some, HeadersOf(kind));
        var got = await raw.Send("GET", path, null, One);
        Assert.Equal((400, "InvalidRequest"), (got.Status, got.Code));
    }

    [Theory]
    [
        InlineData("algorithm", null, "InvalidArgument"),
        InlineData("algorithm", "AES128", "InvalidEncryptionAlgorithmError")
    ]
    [InlineData("key", null, "InvalidArgument"), InlineData("key", "c2hvcnQ=", "InvalidArgument")]
    [InlineData("key", "?", "InvalidArgument"), InlineData("key-md5", null, "InvalidArgument")]
    [InlineData("key-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "InvalidArgument")]
    public async Task A_key_comes_whole_or_not_at_all(string header, string? value, string code)
    {
        var (raw, path) = await Place();
        var headers = One.Where(h => h.Item1 != $"{Sse}-customer-{header}").ToList();
        if (value is not null)
            headers.Add(($"{Sse}-customer-{header}", value));
        var put = await raw.Send("PUT", path, Some, [.. headers]);
        Assert.Equal((400, code), (put.Status, put.Code));
    }

    [Theory]
    [InlineData("AES256", null, 200, ""), InlineData("AES128", null, 400, "InvalidArgument")]
    [InlineData("aws:kms", null, 501, "NotImplemented"), InlineData("aws:kms:dsse", null, 501, "NotImplemented")]
    [InlineData("aws:kms", $"{Sse}-aws-kms-key-id", 501, "NotImplemented")]
    [InlineData("AES256", $"{Sse}-aws-kms-key-id", 400, "InvalidArgument")]
    [InlineData(null, $"{Sse}-aws-kms-key-id", 400, "InvalidArgument")]
    public async Task The_server_knows_AES256(string? mode, string? other, int status, string code)
    {
        var (raw, path) = await Place();
        var headers = new List<(string, string)>();
        if (mode is not null)
            headers.Add((Sse, mode));
        if (other is not null)
            headers.Add((other, "x"));
        var put = await raw.Send("PUT", path, Some, [.. headers]);
        Assert.Equal((status, code), (put.Status, put.Code));
        if (status == 200)
            Assert.Equal("AES256", put.Headers[Sse]);
    }

    [Fact]
    public async Task SSE_S3_is_told_and_otherwise_not_noticed()
    {
        var (raw, path) = await Place();
        var put = await raw.Send(
            "PUT",
            path,
            Some,
            [.. Server, ("content-md5", Convert.ToBase64String(MD5.HashData(Some)))]
        );
        Assert.Equal($"\"{Convert.ToHexStringLower(MD5.HashData(Some))}\"", put.Headers["etag"]);
        var got = await raw.Send("GET", path);
        Assert.Equal(Some, got.Body);
        Assert.Equal("AES256", got.Headers[Sse]);
        Assert.Equal("AES256", (await raw.Send("HEAD", path)).Headers[Sse]);
        var asked = await raw.Send("HEAD", path, null, Server);
        Assert.Equal(400, asked.Status);
        foreach (var mode in (string[])["AES256", "aws:kms"])
        {
            var both = await raw.Send("PUT", path, Some, [(Sse, mode), .. One]);
            Assert.Equal((400, "InvalidArgument"), (both.Status, both.Code));
        }
    }

    [Theory, InlineData("server"), InlineData("one")]
    public async Task A_range_is_that_of_the_plain_bytes(string kind)
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some, HeadersOf(kind));
        var key = kind == "one" ? One : Plain;
        foreach (var (from, to) in ((int, int)[])[(0, 0), (65_530, 65_540), (100, 199_999), (131_072, 131_072)])
        {
            var got = await raw.Send("GET", path, null, [.. key, ("range", $"bytes={from}-{to}")]);
            Assert.Equal((206, $"bytes {from}-{to}/200000"), (got.Status, got.Headers["content-range"]));
            Assert.Equal(Some[from..(to + 1)], got.Body);
        }
    }

    [Fact]
    public async Task The_same_bytes_are_stored_once_for_each_key_and_never_as_they_came()
    {
        var (raw, path) = await Place();
        var contents = new HashSet<string>();
        foreach (var kind in (string[])["server", "server", "one", "other"])
        {
            await raw.Send("PUT", path, "this must not be found on the disk"u8.ToArray(), HeadersOf(kind));
            var row = (await Row(path))!;
            Assert.True(contents.Add(row.Content));
            await using var stored = await host.Varve.Tier.Open(row.Location!, 34 + 16, Cancel);
            var bytes = new MemoryStream();
            var writer = PipeWriter.Create(bytes);
            await stored.CopyTo(0, 34 + 16, writer, Cancel);
            await writer.FlushAsync(Cancel);
            Assert.Equal(row.Content, Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())));
            Assert.True(bytes.ToArray().AsSpan().IndexOf("this must"u8) < 0);
        }
    }

    ValueTask<Projections.ObjectRow?> Row(string path)
    {
        var (bucket, key) = (path.Split('/')[1], path.Split('/')[2]);
        return host.Varve.Reads.FindObject(bucket, key, Cancel);
    }

    [Fact]
    public async Task A_content_does_not_pass_for_another_object_s()
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some, Server);
        await raw.Send("PUT", path + "2", Some, Server);
        var (one, other) = ((await Row(path))!, (await Row(path + "2"))!);
        var key = host.Varve.Keys.Open(one.Encryption!, customerKey: null);
        await using var exchanged = await host.Varve.Open(one with { Location = other.Location }, key, Cancel);
        await Assert.ThrowsAsync<ContentDamagedException>(() =>
            exchanged.CopyTo(0, one.Size, PipeWriter.Create(Stream.Null), Cancel).AsTask()
        );
    }

    [Theory]
    [InlineData("plain", "server"), InlineData("plain", "one"), InlineData("server", "plain")]
    [InlineData("server", "server"), InlineData("server", "one"), InlineData("one", "plain")]
    [InlineData("one", "server"), InlineData("one", "one"), InlineData("one", "other")]
    public async Task A_copy_is_encrypted_as_it_asks(string from, string to)
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some, [.. HeadersOf(from), ("x-amz-meta-a", "b")]);
        var source = from == "one" ? Customer(OneKey, CopySse) : Plain;
        var copy = await raw.Send("PUT", path + "2", null, [.. HeadersOf(to), .. source, ("x-amz-copy-source", path)]);
        Assert.Equal((200, ""), (copy.Status, copy.Code));
        var key = to is "one" or "other" ? HeadersOf(to) : Plain;
        var got = await raw.Send("GET", path + "2", null, [.. key, ("x-amz-checksum-mode", "ENABLED")]);
        Assert.Equal(Some, got.Body);
        Assert.Equal("b", got.Headers["x-amz-meta-a"]);
        Assert.True(got.Headers.ContainsKey("x-amz-checksum-crc64nvme"));
        Assert.Equal(to == "server", got.Headers.ContainsKey(Sse));
        Assert.Equal(to is "one" or "other", copy.Headers.ContainsKey($"{Sse}-customer-algorithm"));
        Assert.Equal(Some, (await raw.Send("GET", path, null, from == "one" ? One : Plain)).Body);
    }

    [Fact]
    public async Task A_copy_onto_itself_can_change_the_encryption()
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some);
        Assert.Equal("InvalidRequest", (await raw.Send("PUT", path, null, ("x-amz-copy-source", path))).Code);
        Assert.Equal(200, (await raw.Send("PUT", path, null, [.. Server, ("x-amz-copy-source", path)])).Status);
        Assert.Equal("AES256", (await raw.Send("HEAD", path)).Headers[Sse]);
    }

    [Theory, InlineData("server"), InlineData("one")]
    public async Task An_upload_is_encrypted_part_by_part(string kind)
    {
        var (raw, path) = await Place();
        var key = kind == "one" ? One : Plain;
        var begun = await raw.Send("POST", $"{path}?uploads", null, HeadersOf(kind));
        Assert.Equal(kind == "server", begun.Headers.ContainsKey(Sse));
        var upload = new OpenUpload(raw, path, begun.Element("UploadId")!);
        var tail = RandomNumberGenerator.GetBytes(70_000);
        await upload.TryPut(2, Some, key);
        var (two, one) = (await upload.TryPut(2, tail, key), await upload.TryPut(1, Big, key));
        Assert.Equal(kind == "one", two.Headers.ContainsKey($"{Sse}-customer-algorithm"));
        var copied = await raw.Send(
            "PUT",
            $"{path}?partNumber=3&uploadId={upload.Id}",
            null,
            [.. key, ("x-amz-copy-source", path)]
        );
        Assert.Equal("NoSuchKey", copied.Code);
        Assert.Equal([$"{Big.Length}", "70000"], (await upload.Parts()).Elements("Size"));
        (int, string)[] parts = [(1, one.Headers["etag"]), (2, two.Headers["etag"])];
        if (kind == "one")
            Assert.Equal("InvalidRequest", (await Complete(upload, Other, parts)).Code);
        var done = await Complete(upload, key, parts);
        Assert.Equal(200, done.Status);

        var got = await raw.Send("GET", path, null, [.. key, ("x-amz-checksum-mode", "ENABLED")]);
        Assert.Equal([.. Big, .. tail], got.Body);
        Assert.True(got.Headers.ContainsKey("x-amz-checksum-crc64nvme"));
        var second = await raw.Send("GET", $"{path}?partNumber=2", null, key);
        Assert.Equal(("2", tail.Length), (second.Headers["x-amz-mp-parts-count"], second.Body.Length));
        Assert.Equal(tail, second.Body);
        var across = await raw.Send("GET", path, null, [.. key, ("range", $"bytes={Big.Length - 2}-{Big.Length + 1}")]);
        Assert.Equal([.. Big[^2..], .. tail[..2]], across.Body);

        var source = kind == "one" ? Customer(OneKey, CopySse) : Plain;
        var copy = await raw.Send("PUT", path + "2", null, [.. Server, .. source, ("x-amz-copy-source", path)]);
        Assert.Equal(200, copy.Status);
        Assert.Equal(got.Body, (await raw.Send("GET", path + "2")).Body);
        var renamed = await raw.Send("PUT", $"{path}3?renameObject", null, ("x-amz-rename-source", "k2"));
        Assert.Equal(200, renamed.Status);
        Assert.Equal(got.Body, (await raw.Send("GET", path + "3")).Body);
    }

    static Task<RawAnswer> Complete(OpenUpload upload, (string, string)[] key, params (int, string)[] parts) =>
        upload.Raw.Send("POST", upload.Target, OpenUpload.Document(parts), key);

    [Theory]
    [InlineData("one", "none"), InlineData("one", "other"), InlineData("server", "one"), InlineData("plain", "one")]
    public async Task A_part_comes_with_the_key_that_its_upload_began_with(string began, string comes)
    {
        var (raw, path) = await Place();
        var begun = await raw.Send("POST", $"{path}?uploads", null, HeadersOf(began));
        var upload = new OpenUpload(raw, path, begun.Element("UploadId")!);
        var part = await upload.TryPut(1, Some, comes == "none" ? Plain : HeadersOf(comes));
        Assert.Equal((400, "InvalidRequest"), (part.Status, part.Code));
    }

    [Theory, InlineData("plain", "one"), InlineData("one", "server"), InlineData("one", "other")]
    public async Task A_part_is_copied_out_of_whatever_there_is(string from, string to)
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", path, Some, HeadersOf(from));
        var begun = await raw.Send("POST", $"{path}2?uploads", null, HeadersOf(to));
        var upload = new OpenUpload(raw, path + "2", begun.Element("UploadId")!);
        var key = to == "server" ? Plain : HeadersOf(to);
        var source = from == "one" ? Customer(OneKey, CopySse) : Plain;
        var part = await raw.Send(
            "PUT",
            $"{path}2?partNumber=1&uploadId={upload.Id}",
            null,
            [.. key, .. source, ("x-amz-copy-source", path), ("x-amz-copy-source-range", "bytes=65000-70000")]
        );
        Assert.Equal((200, null), (part.Status, part.Element("ChecksumType")));
        // Not every client shows the key again here.
        Assert.Equal(200, (await Complete(upload, Plain, (1, part.Element("ETag")!))).Status);
        Assert.Equal(Some[65_000..70_001], (await raw.Send("GET", path + "2", null, key)).Body);
    }

    [Fact]
    public async Task A_bucket_encrypts_what_asks_for_nothing()
    {
        var (raw, path) = await Place();
        var bucket = path[..^2];
        var none = await raw.Send("GET", $"{bucket}?encryption");
        Assert.Equal((404, "ServerSideEncryptionConfigurationNotFoundError"), (none.Status, none.Code));
        Assert.Equal(200, (await raw.Send("PUT", $"{bucket}?encryption", Configuration("AES256"))).Status);
        Assert.Equal("AES256", (await raw.Send("GET", $"{bucket}?encryption")).Element("SSEAlgorithm"));
        Assert.Equal("AES256", (await raw.Send("PUT", path, Some)).Headers[Sse]);
        Assert.Equal(Some, (await raw.Send("GET", path)).Body);
        Assert.Equal("AES256", (await raw.Send("POST", $"{path}?uploads")).Headers[Sse]);
        Assert.False((await raw.Send("PUT", path, Some, One)).Headers.ContainsKey(Sse));

        Assert.Equal("NotImplemented", (await raw.Send("PUT", $"{bucket}?encryption", Configuration("aws:kms"))).Code);
        Assert.Equal("MalformedXML", (await raw.Send("PUT", $"{bucket}?encryption", Configuration("DES"))).Code);
        Assert.Equal(204, (await raw.Send("DELETE", $"{bucket}?encryption")).Status);
        Assert.Equal(404, (await raw.Send("GET", $"{bucket}?encryption")).Status);
        Assert.False((await raw.Send("PUT", path, Some)).Headers.ContainsKey(Sse));
    }

    static byte[] Configuration(string algorithm) =>
        Encoding.UTF8.GetBytes(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                + $"<SSEAlgorithm>{algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
                + "</ServerSideEncryptionConfiguration>"
        );

    [Theory, InlineData("server"), InlineData("one")]
    public async Task A_form_encrypts_as_a_request_does(string kind)
    {
        var (raw, path) = await Place();
        await raw.Send("PUT", $"{path[..^2]}?acl", null, ("x-amz-acl", "public-read-write"));
        var form = new PostForm().Field("key", "k");
        foreach (var (name, value) in HeadersOf(kind))
            form.Field(name, value);
        Assert.Equal(204, (await form.Send(raw, path[1..^2], Some)).Status);
        Assert.NotNull((await Row(path))!.Encryption);
        Assert.Equal(Some, (await raw.Send("GET", path, null, kind == "one" ? One : Plain)).Body);
    }

    [Fact]
    public async Task A_key_is_not_taken_where_others_may_listen()
    {
        await using var strict = new S3Host { CustomerKeysOverHttp = false };
        await strict.InitializeAsync();
        var (raw, path) = (strict.Raw("ana"), $"/{await strict.NewBucket()}/k");
        Assert.Equal(200, (await raw.Send("PUT", path, Some, One)).Status); // it does not leave this machine
        var put = await raw.Send("PUT", path, Some, [.. One, ("x-forwarded-proto", "http")]);
        Assert.Equal((400, "InvalidRequest"), (put.Status, put.Code));
        Assert.Equal(200, (await raw.Send("PUT", path, Some, [.. One, ("x-forwarded-proto", "https")])).Status);
    }
}
