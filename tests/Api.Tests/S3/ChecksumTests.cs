using System.Globalization;
using System.Security.Cryptography;
using Varve.Tiers;
using Varve.Tiers.Checksums;

namespace Varve.Api.Tests.S3;

/// <summary>Checksums of objects, whichever way they come and go.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"/>
public sealed class ChecksumTests(S3Host host)
{
    static readonly byte[] Big = RandomNumberGenerator.GetBytes(5 * 1024 * 1024);
    static readonly byte[] Tail = "tail"u8.ToArray();
    static readonly (string, string) Ask = ("x-amz-checksum-mode", "ENABLED");

    public static readonly TheoryData<ChecksumAlgorithm> Algorithms = [.. Enum.GetValues<ChecksumAlgorithm>()];

    static string Of(ChecksumAlgorithm algorithm, params byte[][] pieces)
    {
        using var checksum = new IncrementalChecksum(algorithm);
        foreach (var piece in pieces)
            checksum.Append(piece);
        var value = new byte[checksum.SizeBytes];
        checksum.Finish(value);
        return Convert.ToBase64String(value);
    }

    static string Name(ChecksumAlgorithm algorithm) => algorithm.ToString().ToUpperInvariant();

    static string Header(ChecksumAlgorithm algorithm) => $"x-amz-checksum-{algorithm.ToString().ToLowerInvariant()}";

    [Theory, MemberData(nameof(Algorithms))]
    public async Task Each_is_verified_kept_and_told(ChecksumAlgorithm algorithm)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var (header, right) = (Header(algorithm), Of(algorithm, Tail));
        var wrong = await raw.Send("PUT", $"/{bucket}/k", Tail, (header, Of(algorithm, Big)));
        Assert.Equal((400, "BadDigest"), (wrong.Status, wrong.Code));
        var malformed = await raw.Send("PUT", $"/{bucket}/k", Tail, (header, "bad"));
        Assert.Equal((400, "BadDigest"), (malformed.Status, malformed.Code));
        var put = await raw.Send(
            "PUT",
            $"/{bucket}/k",
            Tail,
            (header, right),
            ("x-amz-sdk-checksum-algorithm", Name(algorithm))
        );
        Assert.Equal((right, "FULL_OBJECT"), (put.Headers[header], put.Headers["x-amz-checksum-type"]));
        foreach (var method in (string[])["GET", "HEAD"])
        {
            var read = await raw.Send(method, $"/{bucket}/k", null, Ask);
            Assert.Equal((right, "FULL_OBJECT"), (read.Headers[header], read.Headers["x-amz-checksum-type"]));
        }
        var listed = await raw.Send("GET", $"/{bucket}?list-type=2");
        Assert.Equal(Name(algorithm), listed.Element("ChecksumAlgorithm"));
        var copy = await raw.Send("PUT", $"/{bucket}/copy", null, ("x-amz-copy-source", $"{bucket}/k"));
        Assert.Equal(right, copy.Element($"Checksum{Name(algorithm)}"));
    }

    [Fact]
    public async Task Without_one_it_is_CRC64NVME()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var put = await raw.Send("PUT", $"/{bucket}/k", Tail);
        Assert.Equal(Of(ChecksumAlgorithm.Crc64Nvme, Tail), put.Headers["x-amz-checksum-crc64nvme"]);
        var head = await raw.Send("HEAD", $"/{bucket}/k", null, Ask);
        Assert.Equal(Of(ChecksumAlgorithm.Crc64Nvme, Tail), head.Headers["x-amz-checksum-crc64nvme"]);
    }

    [Theory]
    [InlineData("x-amz-sdk-checksum-algorithm", "CRC32", null, null)]
    [InlineData("x-amz-sdk-checksum-algorithm", "SHA1", "x-amz-checksum-crc32", "NhCmhg==")]
    [InlineData("x-amz-checksum-crc32", "NhCmhg==", "x-amz-checksum-crc32c", "mnG7TA==")]
    [InlineData("x-amz-checksum-md4", "NhCmhg==", null, null)]
    public async Task What_does_not_go_together_is_refused(string name, string value, string? name2, string? value2)
    {
        var bucket = await host.NewBucket();
        var headers = new List<(string, string)> { (name, value) };
        if (name2 is not null)
            headers.Add((name2, value2!));
        var answer = await host.Raw("ana").Send("PUT", $"/{bucket}/k", "hello"u8.ToArray(), [.. headers]);
        Assert.Equal((400, "InvalidRequest"), (answer.Status, answer.Code));
    }

    [Theory, MemberData(nameof(Algorithms))]
    public async Task A_copy_can_have_another(ChecksumAlgorithm algorithm)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/k", Tail);
        var copy = await raw.Send(
            "PUT",
            $"/{bucket}/copy",
            null,
            ("x-amz-copy-source", $"{bucket}/k"),
            ("x-amz-checksum-algorithm", Name(algorithm))
        );
        Assert.Equal(Of(algorithm, Tail), copy.Element($"Checksum{Name(algorithm)}"));
    }

    [Theory]
    [InlineData(ChecksumAlgorithm.Crc32, "FULL_OBJECT"), InlineData(ChecksumAlgorithm.Crc32, "COMPOSITE")]
    [InlineData(ChecksumAlgorithm.Crc32C, "FULL_OBJECT"), InlineData(ChecksumAlgorithm.Crc32C, "COMPOSITE")]
    [InlineData(ChecksumAlgorithm.Crc64Nvme, "FULL_OBJECT")]
    [InlineData(ChecksumAlgorithm.Sha1, "COMPOSITE"), InlineData(ChecksumAlgorithm.Sha256, "COMPOSITE")]
    public async Task An_upload_has_one_of_the_whole_or_of_the_parts(ChecksumAlgorithm algorithm, string type)
    {
        var upload = await Begin(("x-amz-checksum-algorithm", Name(algorithm)), ("x-amz-checksum-type", type));
        var (one, two) = (Of(algorithm, Big), Of(algorithm, Tail));
        var first = await upload.TryPut(1, Big, (Header(algorithm), one));
        var second = await upload.TryPut(2, Tail);
        Assert.Equal((one, two), (first.Headers[Header(algorithm)], second.Headers[Header(algorithm)]));
        Assert.Equal([one, two], (await upload.Parts()).Elements($"Checksum{Name(algorithm)}"));

        var whole =
            type == "FULL_OBJECT"
                ? Of(algorithm, Big, Tail)
                : Of(algorithm, Convert.FromBase64String(one), Convert.FromBase64String(two)) + "-2";
        var parts = new[] { (1, first.Headers["etag"]), (2, second.Headers["etag"]) };
        foreach (var (value, code) in ((string, string)[])[(Of(algorithm, []), "BadDigest"), ("bad", "BadDigest")])
        {
            var refused = await Complete(upload, parts, (Header(algorithm), value));
            Assert.Equal((400, code), (refused.Status, refused.Code));
        }
        var otherType = type == "COMPOSITE" ? "FULL_OBJECT" : "COMPOSITE";
        Assert.Equal("InvalidRequest", (await Complete(upload, parts, ("x-amz-checksum-type", otherType))).Code);
        var done = await Complete(upload, parts, (Header(algorithm), whole), ("x-amz-checksum-type", type));
        Assert.Equal(
            (200, whole, type),
            (done.Status, done.Element($"Checksum{Name(algorithm)}"), done.Element("ChecksumType"))
        );
        var head = await upload.Raw.Send("HEAD", upload.Path, null, Ask);
        Assert.Equal((whole, type), (head.Headers[Header(algorithm)], head.Headers["x-amz-checksum-type"]));
    }

    [Fact]
    public async Task An_upload_without_one_has_CRC64NVME_of_the_whole()
    {
        var upload = await Begin();
        var first = await upload.TryPut(1, Big);
        Assert.DoesNotContain(first.Headers.Keys, name => name.StartsWith("x-amz-checksum", StringComparison.Ordinal));
        var parts = new[] { (1, first.Headers["etag"]), (2, await upload.Put(2, Tail)) };
        var whole = Of(ChecksumAlgorithm.Crc64Nvme, Big, Tail);
        Assert.Equal("BadDigest", (await Complete(upload, parts, ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="))).Code);
        var done = await Complete(upload, parts, ("x-amz-checksum-crc64nvme", whole));
        Assert.Equal((whole, "FULL_OBJECT"), (done.Element("ChecksumCRC64NVME"), done.Element("ChecksumType")));
    }

    [Fact]
    public async Task A_part_with_another_one_than_the_upload_leaves_the_whole_without()
    {
        var upload = await Begin();
        var part = await upload.TryPut(1, Tail, ("x-amz-checksum-crc32", Of(ChecksumAlgorithm.Crc32, Tail)));
        var done = await Complete(upload, [(1, part.Headers["etag"])]);
        Assert.Equal((200, null), (done.Status, done.Element("ChecksumType")));
    }

    [Fact]
    public async Task A_part_s_checksum_in_the_completion_must_be_the_part_s()
    {
        var upload = await Begin(("x-amz-checksum-algorithm", "SHA256"));
        var etag = await upload.Put(1, Tail);
        var right = Of(ChecksumAlgorithm.Sha256, Tail);
        foreach (var (value, status) in ((string, int)[])[(Of(ChecksumAlgorithm.Sha256, Big), 400), (right, 200)])
        {
            var body = string.Create(
                CultureInfo.InvariantCulture,
                $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag><ChecksumSHA256>{value}</ChecksumSHA256></Part></CompleteMultipartUpload>"
            );
            var answer = await upload.Raw.Send("POST", upload.Target, System.Text.Encoding.UTF8.GetBytes(body));
            Assert.Equal((status, status == 200 ? "" : "InvalidPart"), (answer.Status, answer.Code));
        }
    }

    static Task<RawAnswer> Complete(OpenUpload upload, (int, string)[] parts, params (string, string)[] headers) =>
        upload.Raw.Send("POST", upload.Target, OpenUpload.Document(parts), headers);

    async Task<OpenUpload> Begin(params (string, string)[] headers)
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        var begun = await raw.Send("POST", $"{path}?uploads", null, headers);
        Assert.Equal(200, begun.Status);
        return new(raw, path, begun.Element("UploadId")!);
    }
}
