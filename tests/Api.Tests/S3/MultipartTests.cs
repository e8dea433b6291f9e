using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Transfer;
using Varve.Domain.Access;

namespace Varve.Api.Tests.S3;

/// <summary>CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload, ListParts.</summary>
public sealed class MultipartTests(S3Host host)
{
    static readonly byte[] Big = RandomNumberGenerator.GetBytes(5 * 1024 * 1024);
    static readonly byte[] Tail = "tail"u8.ToArray();

    static CultureInfo Invariant => CultureInfo.InvariantCulture;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task<OpenUpload> Begin(params (string, string)[] headers)
    {
        var path = $"/{await host.NewBucket()}/k";
        return await Begin(path, headers);
    }

    async Task<OpenUpload> Begin(string path, params (string, string)[] headers)
    {
        var raw = host.Raw("ana");
        var begun = await raw.Send("POST", $"{path}?uploads", null, headers);
        Assert.Equal(200, begun.Status);
        return new(raw, path, begun.Element("UploadId")!);
    }

    [Fact]
    public async Task Parts_in_any_order_become_one_object()
    {
        var upload = await Begin(("x-amz-meta-colour", "blue"), ("content-type", "text/plain"));
        var second = await upload.Put(2, Tail);
        var first = await upload.Put(1, Big);
        var done = await upload.Complete((1, first), (2, second));

        var md5 = MD5.HashData([.. MD5.HashData(Big), .. MD5.HashData(Tail)]);
        var etag = $"\"{Convert.ToHexStringLower(md5)}-2\"";
        Assert.Equal((200, etag), (done.Status, done.Element("ETag")));
        var got = await upload.Raw.Send("GET", upload.Path);
        Assert.Equal([.. Big, .. Tail], got.Body);
        Assert.Equal(
            (etag, "blue", "text/plain"),
            (got.Headers["etag"], got.Headers["x-amz-meta-colour"], got.Headers["content-type"])
        );
        var across = await upload.Raw.Send(
            "GET",
            upload.Path,
            null,
            ("range", $"bytes={Big.Length - 2}-{Big.Length + 1}")
        );
        Assert.Equal([.. Big[^2..], .. Tail[..2]], across.Body);
    }

    [Fact]
    public async Task The_sdk_uploads_in_parts()
    {
        var bucket = await host.NewBucket();
        using var ana = host.Client("ana");
        using var transfer = new TransferUtility(ana);
        var bytes = RandomNumberGenerator.GetBytes(12 * 1024 * 1024 + 7);
        await transfer.UploadAsync(
            new TransferUtilityUploadRequest
            {
                BucketName = bucket,
                Key = "k",
                InputStream = new MemoryStream(bytes),
                PartSize = 5 * 1024 * 1024,
            },
            Cancel
        );
        Assert.Equal(bytes, (await host.Raw("ana").Send("GET", $"/{bucket}/k")).Body);
    }

    [Fact]
    public async Task Completing_again_is_answered_as_the_first_time_for_ever()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Tail);
        var first = await upload.Complete((1, etag));
        await upload.Raw.Send("PUT", upload.Path, "overwritten"u8.ToArray());
        var again = await upload.Complete((1, etag));
        Assert.Equal((200, first.Text), (again.Status, again.Text));
        Assert.Equal("overwritten", (await upload.Raw.Send("GET", upload.Path)).Text);

        Assert.Equal("NoSuchUpload", (await upload.Abort()).Code);
        Assert.Equal("overwritten", (await upload.Raw.Send("GET", upload.Path)).Text);
        Assert.Equal("NoSuchUpload", (await upload.Parts()).Code);
        Assert.Equal("NoSuchUpload", (await upload.TryPut(2, Tail)).Code);
    }

    [Fact]
    public async Task The_same_part_again_is_answered_from_the_record()
    {
        var upload = await Begin();
        var first = await upload.TryPut(1, Tail);
        var kept = (await host.Varve.FindUpload(upload.Id, Cancel)).Parts[1];
        var again = await upload.TryPut(1, Tail);
        Assert.Equal((200, first.Headers["etag"]), (again.Status, again.Headers["etag"]));
        Assert.Contains("x-varve-position", again.Headers.Keys);
        Assert.Equal(kept, (await host.Varve.FindUpload(upload.Id, Cancel)).Parts[1]);
        Assert.Equal(200, (await upload.Complete((1, again.Headers["etag"]))).Status);
        Assert.Equal(Tail, (await upload.Raw.Send("GET", upload.Path)).Body);
    }

    [Fact]
    public async Task A_repeated_completion_tells_a_position_too()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Tail);
        var first = long.Parse((await upload.Complete((1, etag))).Headers["x-varve-position"], Invariant);
        var again = long.Parse((await upload.Complete((1, etag))).Headers["x-varve-position"], Invariant);
        Assert.True(again >= first);
    }

    [Fact]
    public async Task Of_completions_that_race_all_are_answered_alike()
    {
        var upload = await Begin();
        var parts = new[] { (1, await upload.Put(1, Big)), (2, await upload.Put(2, Tail)) };
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => upload.Complete(parts)));
        Assert.All(answers, answer => Assert.Equal((200, answers[0].Text), (answer.Status, answer.Text)));
    }

    [Fact]
    public async Task Completing_can_depend_on_what_is_there()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Tail);
        await upload.Raw.Send("PUT", upload.Path, []);
        var body = OpenUpload.Document([(1, etag)]);
        var refused = await upload.Raw.Send("POST", upload.Target, body, ("if-none-match", "*"));
        Assert.Equal((412, "PreconditionFailed"), (refused.Status, refused.Code));
        await upload.Raw.Send("DELETE", upload.Path);
        Assert.Equal(200, (await upload.Raw.Send("POST", upload.Target, body, ("if-none-match", "*"))).Status);
    }

    [Fact]
    public async Task A_part_list_that_is_wrong_is_refused_and_the_upload_stays_open()
    {
        var upload = await Begin();
        var (one, two) = (await upload.Put(1, Tail), await upload.Put(2, Tail));
        Assert.Equal("EntityTooSmall", (await upload.Complete((1, one), (2, two))).Code);
        Assert.Equal("InvalidPartOrder", (await upload.Complete((2, two), (1, one))).Code);
        Assert.Equal("InvalidPartOrder", (await upload.Complete((1, one), (1, one))).Code);
        Assert.Equal("InvalidPart", (await upload.Complete((3, one))).Code);
        Assert.Equal("InvalidPart", (await upload.Complete((1, "\"00000000000000000000000000000000\""))).Code);
        Assert.Equal("MalformedXML", (await upload.Complete()).Code);
        Assert.Equal("MalformedXML", (await upload.Raw.Send("POST", upload.Target, [])).Code);
        Assert.Equal(200, (await upload.Complete((2, two))).Status);
        Assert.Equal(Tail, (await upload.Raw.Send("GET", upload.Path)).Body);
    }

    [Theory, InlineData("0"), InlineData("10001"), InlineData("-1"), InlineData("x"), InlineData("")]
    public async Task A_part_number_goes_from_1_to_10000(string number)
    {
        var upload = await Begin();
        var answer = await upload.Raw.Send("PUT", $"{upload.Path}?partNumber={number}&uploadId={upload.Id}", Tail);
        Assert.Equal((400, "InvalidArgument"), (answer.Status, answer.Code));
        Assert.Equal(200, (await upload.TryPut(10000, Tail)).Status);
    }

    [Theory, InlineData("unknown"), InlineData("00000000000000000000000000000000"), InlineData("")]
    public async Task An_upload_that_is_not_there_is_NoSuchUpload(string id)
    {
        var upload = new OpenUpload(host.Raw("ana"), $"/{await host.NewBucket()}/k", id);
        Assert.Equal("NoSuchUpload", (await upload.TryPut(1, Tail)).Code);
        Assert.Equal("NoSuchUpload", (await upload.Complete((1, "a"))).Code);
        Assert.Equal("NoSuchUpload", (await upload.Parts()).Code);
        Assert.Equal("NoSuchUpload", (await upload.Abort()).Code);
    }

    [Fact]
    public async Task An_upload_is_of_its_key_and_of_its_bucket_s_owner()
    {
        var upload = await Begin();
        Assert.Equal("NoSuchUpload", (await (upload with { Path = upload.Path + "2" }).TryPut(1, Tail)).Code);
        Assert.Equal("AccessDenied", (await (upload with { Raw = host.Raw("bob") }).TryPut(1, Tail)).Code);
    }

    [Fact]
    public async Task An_aborted_upload_is_gone()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Tail);
        Assert.Equal(204, (await upload.Abort()).Status);
        Assert.Equal("NoSuchUpload", (await upload.Abort()).Code);
        Assert.Equal("NoSuchUpload", (await upload.Complete((1, etag))).Code);
        Assert.Equal(404, (await upload.Raw.Send("HEAD", upload.Path)).Status);
    }

    [Fact]
    public async Task Parts_come_in_pages()
    {
        var upload = await Begin();
        foreach (var number in new[] { 7, 1, 3 })
            await upload.Put(number, Tail);
        var all = await upload.Parts();
        Assert.Equal(["1", "3", "7"], all.Elements("PartNumber"));
        Assert.Equal(
            ("false", "7", UserIds.CanonicalId("ana")),
            (all.Element("IsTruncated"), all.Element("NextPartNumberMarker"), all.Element("ID"))
        );
        var page = await upload.Parts("&max-parts=2");
        Assert.Equal(["1", "3"], page.Elements("PartNumber"));
        Assert.Equal(("true", "3"), (page.Element("IsTruncated"), page.Element("NextPartNumberMarker")));
        var rest = await upload.Parts("&max-parts=2&part-number-marker=3");
        Assert.Equal(["7"], rest.Elements("PartNumber"));
        Assert.Equal("false", rest.Element("IsTruncated"));
        Assert.Equal("InvalidArgument", (await upload.Parts("&max-parts=x")).Code);
    }

    [Theory]
    [InlineData("CRC64NVME", "", "FULL_OBJECT"), InlineData("CRC64NVME", "COMPOSITE", null)]
    [
        InlineData("SHA256", "", "COMPOSITE"),
        InlineData("SHA256", "FULL_OBJECT", null),
        InlineData("SHA1", "FULL_OBJECT", null)
    ]
    [
        InlineData("CRC32", "", "COMPOSITE"),
        InlineData("CRC32", "FULL_OBJECT", "FULL_OBJECT"),
        InlineData("MD4", "", null)
    ]
    [InlineData("", "COMPOSITE", null)]
    public async Task A_checksum_is_of_the_whole_or_of_the_parts(string algorithm, string type, string? becomes)
    {
        var path = $"/{await host.NewBucket()}/k";
        var headers = new List<(string, string)>();
        if (algorithm.Length > 0)
            headers.Add(("x-amz-checksum-algorithm", algorithm));
        if (type.Length > 0)
            headers.Add(("x-amz-checksum-type", type));
        var begun = await host.Raw("ana").Send("POST", $"{path}?uploads", null, [.. headers]);
        Assert.Equal(becomes is null ? 400 : 200, begun.Status);
        if (becomes is null)
            Assert.Equal("InvalidRequest", begun.Code);
        else
            Assert.Equal(becomes, begun.Headers["x-amz-checksum-type"]);
    }

    [Fact]
    public async Task A_composite_checksum_is_that_of_the_parts_checksums()
    {
        var upload = await Begin(("x-amz-checksum-algorithm", "SHA256"));
        var (one, two) = (await upload.Put(1, Big), await upload.Put(2, Tail));
        var done = await upload.Complete((1, one), (2, two));
        var whole = Convert.ToBase64String(SHA256.HashData([.. SHA256.HashData(Big), .. SHA256.HashData(Tail)]));
        Assert.Equal((whole + "-2", "COMPOSITE"), (done.Element("ChecksumSHA256"), done.Element("ChecksumType")));
        var head = await upload.Raw.Send("HEAD", upload.Path, null, ("x-amz-checksum-mode", "ENABLED"));
        Assert.Equal(whole + "-2", head.Headers["x-amz-checksum-sha256"]);
    }

    [Fact]
    public async Task A_full_checksum_is_that_of_the_bytes()
    {
        var whole = await host.Raw("ana")
            .Send(
                "PUT",
                $"/{await host.NewBucket()}/whole",
                [.. Big, .. Tail],
                ("x-amz-checksum-sha1", Convert.ToBase64String(SHA1.HashData([.. Big, .. Tail])))
            );
        Assert.Equal(200, whole.Status);
        var upload = await Begin(("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT"));
        var parts = new[] { (1, await upload.Put(1, Big)), (2, await upload.Put(2, Tail)) };
        var wrong = await upload.Raw.Send(
            "POST",
            upload.Target,
            OpenUpload.Document(parts),
            ("x-amz-checksum-crc32", "AAAAAA==")
        );
        Assert.Equal((400, "BadDigest"), (wrong.Status, wrong.Code));
        var size = (Big.Length + Tail.Length).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(
            "InvalidRequest",
            (
                await upload.Raw.Send("POST", upload.Target, OpenUpload.Document(parts), ("x-amz-mp-object-size", "1"))
            ).Code
        );
        var done = await upload.Raw.Send(
            "POST",
            upload.Target,
            OpenUpload.Document(parts),
            ("x-amz-mp-object-size", size)
        );
        var crc = done.Element("ChecksumCRC32")!;
        Assert.Equal(
            200,
            (await upload.Raw.Send("PUT", upload.Path + "2", [.. Big, .. Tail], ("x-amz-checksum-crc32", crc))).Status
        );
    }

    [Fact]
    public async Task A_part_s_checksum_is_of_the_upload_s_kind_and_right()
    {
        var upload = await Begin(("x-amz-checksum-algorithm", "SHA256"));
        Assert.Equal(
            "InvalidRequest",
            (await upload.TryPut(1, "hello"u8.ToArray(), ("x-amz-checksum-crc32", "NhCmhg=="))).Code
        );
        var right = Convert.ToBase64String(SHA256.HashData(Tail));
        Assert.Equal("BadDigest", (await upload.TryPut(1, "hello"u8.ToArray(), ("x-amz-checksum-sha256", right))).Code);
        var taken = await upload.TryPut(1, Tail, ("x-amz-checksum-sha256", right));
        Assert.Equal((200, right), (taken.Status, taken.Headers["x-amz-checksum-sha256"]));
        Assert.Equal(right, (await upload.Parts()).Element("ChecksumSHA256"));
    }

    [Fact]
    public async Task An_upload_does_not_outlive_its_bucket()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Tail);
        var bucket = upload.Path[..^2];
        Assert.Equal(204, (await upload.Raw.Send("DELETE", bucket)).Status);
        var bob = host.Raw("bob");
        Assert.Equal(200, (await bob.Send("PUT", bucket)).Status);
        Assert.Equal("NoSuchUpload", (await (upload with { Raw = bob }).Complete((1, etag))).Code);
        Assert.Empty((await bob.Send("GET", $"{bucket}?uploads")).Elements("UploadId"));
    }

    [Fact]
    public async Task A_bucket_that_went_away_takes_no_completion()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Tail);
        Assert.Equal(204, (await upload.Raw.Send("DELETE", upload.Path[..^2])).Status);
        Assert.Equal("NoSuchBucket", (await upload.Complete((1, etag))).Code);
    }
}

/// <summary>A client's side of an upload.</summary>
public sealed record OpenUpload(RawS3 Raw, string Path, string Id)
{
    public string Target => $"{Path}?uploadId={Id}";

    public static byte[] Document((int Number, string ETag)[] parts) =>
        Encoding.UTF8.GetBytes(
            "<CompleteMultipartUpload>"
                + string.Concat(
                    parts.Select(p => $"<Part><PartNumber>{p.Number}</PartNumber><ETag>{p.ETag}</ETag></Part>")
                )
                + "</CompleteMultipartUpload>"
        );

    public Task<RawAnswer> TryPut(int number, byte[] body, params (string, string)[] headers) =>
        Raw.Send("PUT", $"{Path}?partNumber={number}&uploadId={Id}", body, headers);

    /// <returns>Its ETag.</returns>
    public async Task<string> Put(int number, byte[] body)
    {
        var answer = await TryPut(number, body);
        Assert.Equal(200, answer.Status);
        return answer.Headers["etag"];
    }

    public Task<RawAnswer> Complete(params (int, string)[] parts) => Raw.Send("POST", Target, Document(parts));

    public Task<RawAnswer> Abort() => Raw.Send("DELETE", Target);

    public Task<RawAnswer> Parts(string query = "") => Raw.Send("GET", Target + query);
}
