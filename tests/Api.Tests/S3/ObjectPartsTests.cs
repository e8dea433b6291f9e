using System.Security.Cryptography;

namespace Varve.Api.Tests.S3;

/// <summary>Reads by <c>partNumber</c>, and GetObjectAttributes.</summary>
public sealed class ObjectPartsTests(S3Host host)
{
    static readonly byte[] Big = RandomNumberGenerator.GetBytes(5 * 1024 * 1024);
    static readonly byte[] Tail = "tail"u8.ToArray();

    static readonly (string, string) All = (
        "x-amz-object-attributes",
        "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"
    );

    /// <summary>Of parts 2, 3 and 5; another one was left out.</summary>
    async Task<(RawS3 Raw, string Path, string ETag)> Uploaded(params (string, string)[] headers)
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        var begun = await raw.Send("POST", $"{path}?uploads", null, headers);
        var upload = new OpenUpload(raw, path, begun.Element("UploadId")!);
        var parts = new List<(int, string)>();
        foreach (var (number, body) in ((int, byte[])[])[(2, Big), (3, Big), (4, Tail), (5, Tail)])
            parts.Add((number, await upload.Put(number, body)));
        parts.RemoveAt(2);
        var done = await upload.Complete([.. parts]);
        Assert.Equal(200, done.Status);
        return (raw, path, done.Element("ETag")!);
    }

    [Fact]
    public async Task Each_part_is_read_under_its_number()
    {
        var (raw, path, etag) = await Uploaded(("x-amz-checksum-algorithm", "SHA256"));
        var size = (2 * Big.Length) + Tail.Length;
        foreach (
            var (number, offset, bytes) in ((int, int, byte[])[])
                [(2, 0, Big), (3, Big.Length, Big), (5, 2 * Big.Length, Tail)]
        )
        {
            var ask = ("x-amz-checksum-mode", "ENABLED");
            var got = await raw.Send("GET", $"{path}?partNumber={number}", null, ask);
            var head = await raw.Send("HEAD", $"{path}?partNumber={number}", null, ask);
            Assert.Equal(bytes, got.Body);
            foreach (var answer in (RawAnswer[])[got, head])
            {
                Assert.Equal(206, answer.Status);
                Assert.Equal(
                    ("3", etag, $"bytes {offset}-{offset + bytes.Length - 1}/{size}"),
                    (answer.Headers["x-amz-mp-parts-count"], answer.Headers["etag"], answer.Headers["content-range"])
                );
                Assert.Equal(Convert.ToBase64String(SHA256.HashData(bytes)), answer.Headers["x-amz-checksum-sha256"]);
            }
        }
        foreach (var missing in (int[])[1, 4, 6, 10_000])
        {
            var refused = await raw.Send("GET", $"{path}?partNumber={missing}");
            Assert.Equal((400, "InvalidPart"), (refused.Status, refused.Code));
        }
        var both = await raw.Send("GET", $"{path}?partNumber=2", null, ("range", "bytes=0-1"));
        Assert.Equal((400, "InvalidRequest"), (both.Status, both.Code));
        Assert.DoesNotContain("x-amz-mp-parts-count", (await raw.Send("HEAD", path)).Headers.Keys);
        Assert.Equal(206, (await raw.Send("GET", $"{path}?partNumber=3", null, ("if-match", etag))).Status);
    }

    [Fact]
    public async Task Parts_stay_known_through_renames()
    {
        var (raw, path, _) = await Uploaded();
        var renamed = await raw.Send("PUT", $"{path}2?renameObject", null, ("x-amz-rename-source", "k"));
        Assert.Equal(200, renamed.Status);
        Assert.Equal(Tail, (await raw.Send("GET", $"{path}2?partNumber=5")).Body);
    }

    [Fact]
    public async Task Attributes_tell_the_parts_page_by_page()
    {
        var (raw, path, etag) = await Uploaded(("x-amz-checksum-algorithm", "CRC32"));
        var whole = await raw.Send("GET", $"{path}?attributes", null, All);
        Assert.Equal(200, whole.Status);
        Assert.Equal((etag.Trim('"'), "STANDARD"), (whole.Element("ETag"), whole.Element("StorageClass")));
        Assert.Equal($"{(2 * Big.Length) + Tail.Length}", whole.Element("ObjectSize"));
        Assert.Equal(
            ("3", "false", "COMPOSITE"),
            (whole.Element("PartsCount"), whole.Element("IsTruncated"), whole.Element("ChecksumType"))
        );
        Assert.Equal(["2", "3", "5"], whole.Elements("PartNumber"));
        Assert.Equal(4, whole.Elements("ChecksumCRC32").Count);
        Assert.EndsWith("-3", whole.Element("ChecksumCRC32"), StringComparison.Ordinal);
        Assert.True(whole.Headers.ContainsKey("last-modified"));

        var first = await raw.Send("GET", $"{path}?attributes", null, All, ("x-amz-max-parts", "2"));
        Assert.Equal(
            ("true", "3", "2"),
            (first.Element("IsTruncated"), first.Element("NextPartNumberMarker"), first.Element("MaxParts"))
        );
        var second = await raw.Send("GET", $"{path}?attributes", null, All, ("x-amz-part-number-marker", "3"));
        Assert.Equal(["5"], second.Elements("PartNumber"));
    }

    [Fact]
    public async Task Attributes_are_those_that_were_asked_for()
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        await raw.Send("PUT", path, Tail, ("x-amz-storage-class", "STANDARD_IA"));
        var size = await raw.Send("GET", $"{path}?attributes", null, ("x-amz-object-attributes", "ObjectSize"));
        Assert.Equal(("4", null), (size.Element("ObjectSize"), size.Element("ETag")));
        var all = await raw.Send("GET", $"{path}?attributes", null, All);
        Assert.Equal((null, "STANDARD_IA"), (all.Element("ObjectParts"), all.Element("StorageClass")));
        Assert.NotNull(all.Element("ChecksumCRC64NVME"));
        foreach (var (names, code) in ((string, string)[])[("", "InvalidRequest"), ("Etag", "InvalidArgument")])
        {
            var refused = await raw.Send("GET", $"{path}?attributes", null, ("x-amz-object-attributes", names));
            Assert.Equal((400, code), (refused.Status, refused.Code));
        }
        Assert.Equal("InvalidRequest", (await raw.Send("GET", $"{path}?attributes")).Code);
        Assert.Equal("NoSuchKey", (await raw.Send("GET", $"{path}2?attributes", null, All)).Code);
    }
}
