namespace Varve.Api.Tests.S3;

public sealed class ObjectTaggingTests(S3Host host)
{
    [Fact]
    public async Task Tags_are_set_read_replaced_and_taken_away()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Equal("NoSuchKey", (await bucket.Send("GET", "/k?tagging")).Code);
        Assert.Equal("NoSuchKey", (await bucket.Send("PUT", "/k?tagging", Tagging(("a", "1")))).Code);
        await bucket.Put("k", "text");
        var none = await bucket.Send("GET", "/k?tagging");
        Assert.Equal((200, "Tagging", ""), (none.Status, none.Xml.Name.LocalName, none.Element("TagSet")));

        Assert.Equal(200, (await bucket.Send("PUT", "/k?tagging", Tagging(("b", "2"), ("a", "1 x")))).Status);
        Assert.Equal(["a", "b"], (await bucket.Send("GET", "/k?tagging")).Elements("Key"));
        Assert.Equal(["1 x", "2"], (await bucket.Send("GET", "/k?tagging&versionId=null")).Elements("Value"));
        Assert.Equal("2", (await bucket.Send("HEAD", "/k")).Headers["x-amz-tagging-count"]);
        await bucket.Send("PUT", "/k?tagging", Tagging(("c", "")));
        Assert.Equal(["c"], (await bucket.Send("GET", "/k?tagging")).Elements("Key"));
        Assert.Equal(204, (await bucket.Send("DELETE", "/k?tagging")).Status);
        Assert.DoesNotContain("x-amz-tagging-count", (await bucket.Send("GET", "/k")).Headers.Keys);
        Assert.Equal("text", await bucket.Get("k"));
    }

    [Theory]
    [InlineData("<Tagging/>", "MalformedXML")]
    [InlineData("<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML")]
    [InlineData("<Tagging><TagSet><Tag><Key></Key><Value/></Tag></TagSet></Tagging>", "InvalidTag")]
    [InlineData("<Tagging><TagSet><Tag><Key>aws:x</Key><Value/></Tag></TagSet></Tagging>", "InvalidTag")]
    [InlineData("<Tagging><TagSet><Tag><Key>a;b</Key><Value/></Tag></TagSet></Tagging>", "InvalidTag")]
    public async Task What_is_no_tag_is_refused(string document, string code)
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await bucket.Put("k", "text");
        Assert.Equal(code, (await bucket.Send("PUT", "/k?tagging", document)).Code);
    }

    [Fact]
    public async Task Ten_tags_are_the_most_and_each_has_its_limits()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await bucket.Put("k", "text");
        var (key, value) = (new string('k', 127), new string('v', 256));
        var ten = Enumerable.Range(0, 10).Select(i => ($"{key}{i}", value)).ToArray();
        Assert.Equal(200, (await bucket.Send("PUT", "/k?tagging", Tagging(ten))).Status);
        foreach (
            var wrong in new (string, string)[][]
            {
                [.. ten, ("k", "v")],
                [(key + "xy", "v")],
                [("k", value + "v")],
                [("k", "v"), ("k", "w")],
            }
        )
            Assert.Equal("InvalidTag", (await bucket.Send("PUT", "/k?tagging", Tagging(wrong))).Code);
        Assert.Equal(10, (await bucket.Send("GET", "/k?tagging")).Elements("Key").Count);
    }

    [Fact]
    public async Task A_write_can_bring_tags_and_a_copy_takes_or_replaces_them()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await bucket.Send("PUT", "/k", "text", ("x-amz-tagging", "foo=b%20ar+x&bar"));
        Assert.Equal(["", "b ar x"], (await bucket.Send("GET", "/k?tagging")).Elements("Value"));

        var source = ("x-amz-copy-source", $"/{bucket.Name}/k");
        await bucket.Send("PUT", "/copy", "", source, ("x-amz-tagging", "ignored=1"));
        Assert.Equal(["bar", "foo"], (await bucket.Send("GET", "/copy?tagging")).Elements("Key"));
        var replace = ("x-amz-tagging-directive", "REPLACE");
        await bucket.Send("PUT", "/copy", "", source, replace, ("x-amz-tagging", "own=1"));
        Assert.Equal(["own"], (await bucket.Send("GET", "/copy?tagging")).Elements("Key"));
        await bucket.Send("PUT", "/copy", "", source, replace);
        Assert.Empty((await bucket.Send("GET", "/copy?tagging")).Elements("Key"));
        await bucket.Send("PUT", "/k", "again");
        Assert.Empty((await bucket.Send("GET", "/k?tagging")).Elements("Key"));

        var uploadId = (await bucket.Send("POST", "/p?uploads", "", ("x-amz-tagging", "u=1"))).Element("UploadId");
        var etag = (await bucket.Send("PUT", $"/p?uploadId={uploadId}&partNumber=1", "part")).Headers["ETag"];
        var part = $"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>";
        var whole = $"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>";
        Assert.Equal(200, (await bucket.Send("POST", $"/p?uploadId={uploadId}", whole)).Status);
        Assert.Equal(["u"], (await bucket.Send("GET", "/p?tagging")).Elements("Key"));
    }

    [Fact]
    public async Task Each_version_has_its_own_tags_and_the_past_those_that_were()
    {
        using var bucket = await VersionedBucket.Make(host);
        var old = await bucket.Put("k", "old");
        var made = await bucket.Send("PUT", "/k", "new");
        var tagged = await bucket.Send("PUT", $"/k?tagging&versionId={old}", Tagging(("a", "1")));
        Assert.Equal(old, tagged.Headers["x-amz-version-id"]);
        Assert.Empty((await bucket.Send("GET", "/k?tagging")).Elements("Key"));
        Assert.Equal(["a"], (await bucket.Send("GET", $"/k?tagging&versionId={old}")).Elements("Key"));

        var current = await bucket.Send("PUT", "/k?tagging", Tagging(("b", "2")));
        Assert.Equal(made.Headers["x-amz-version-id"], current.Headers["x-amz-version-id"]);
        var then = made.Headers["x-varve-position"];
        Assert.Empty((await bucket.Send("GET", $"--at-p{then}/k?tagging")).Elements("Key"));
        Assert.Equal(["b"], (await bucket.Send("GET", "/k?tagging")).Elements("Key"));
        Assert.Equal(2, (await bucket.List()).Count);

        var marker = (await bucket.Delete("k")).VersionId;
        Assert.Equal("NoSuchKey", (await bucket.Send("GET", "/k?tagging")).Code);
        Assert.Equal(405, (await bucket.Send("GET", $"/k?tagging&versionId={marker}")).Status);
        Assert.Equal(405, (await bucket.Send("PUT", $"/k?tagging&versionId={marker}", Tagging(("a", "")))).Status);
        await bucket.Delete("k", marker);
        await bucket.Delete("k", made.Headers["x-amz-version-id"]);
        Assert.Equal(["a"], (await bucket.Send("GET", "/k?tagging")).Elements("Key"));
    }

    static string Tagging(params (string Key, string Value)[] tags) =>
        $"<Tagging><TagSet>{string.Concat(tags.Select(t => $"<Tag><Key>{t.Key}</Key><Value>{t.Value}</Value></Tag>"))}"
        + "</TagSet></Tagging>";

    [Fact]
    public async Task Tags_that_meet_a_write_of_the_same_name_are_of_one_of_its_versions()
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        await raw.Send("PUT", path, "0"u8.ToArray());
        var tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"u8.ToArray();
        for (var round = 0; round < 20; round++)
        {
            var writes = Enumerable.Range(0, 4).Select(_ => raw.Send("PUT", path, "1"u8.ToArray()));
            var labels = Enumerable.Range(0, 4).Select(_ => raw.Send("PUT", $"{path}?tagging", tags));
            foreach (var answer in await Task.WhenAll([.. writes, .. labels]))
                Assert.Equal(200, answer.Status);
        }
    }
}
