namespace Varve.Api.Tests.S3;

/// <summary>What other stores have broken and no other test here has: each named after the breakage.</summary>
public sealed class KnownBreakageTests(S3Host host)
{
    static readonly byte[] Body = "hello"u8.ToArray();

    async Task<OpenUpload> Begin(string key = "k")
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/{key}");
        return new(raw, path, (await raw.Send("POST", $"{path}?uploads")).Element("UploadId")!);
    }

    [Fact]
    public async Task An_abort_that_races_a_part_leaves_no_upload_behind()
    {
        for (var round = 0; round < 20; round++)
        {
            var upload = await Begin();
            var part = upload.TryPut(1, Body);
            var abort = upload.Abort();
            await Task.WhenAll(part, abort);
            Assert.Equal(204, (await abort).Status);
            Assert.Contains((await part).Status, (int[])[200, 404]);
            Assert.Equal("NoSuchUpload", (await upload.Parts()).Code);
            var bucket = upload.Path[..^2];
            Assert.Empty((await upload.Raw.Send("GET", $"{bucket}?uploads")).Elements("UploadId"));
            Assert.Equal(204, (await upload.Raw.Send("DELETE", bucket)).Status);
        }
    }

    [Fact]
    public async Task An_abort_that_races_a_completion_never_takes_the_bytes_of_what_was_completed()
    {
        for (var round = 0; round < 20; round++)
        {
            var upload = await Begin();
            var etag = await upload.Put(1, Body);
            var answers = await Task.WhenAll(upload.Complete((1, etag)), upload.Abort());
            var (completed, aborted) = (answers[0], answers[1]);
            Assert.True(completed.Status == 200 ^ aborted.Status == 204, $"{completed.Status}, {aborted.Status}");
            var read = await upload.Raw.Send("GET", upload.Path);
            Assert.Equal(completed.Status == 200 ? "hello" : "NoSuchKey", read.Status == 200 ? read.Text : read.Code);
        }
    }

    [Fact]
    public async Task A_completion_without_parts_is_MalformedXML_and_the_upload_stays_open()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, Body);
        Assert.Equal((400, "MalformedXML"), ((await upload.Complete()).Status, (await upload.Complete()).Code));
        Assert.Equal(200, (await upload.Complete((1, etag))).Status);
    }

    [Fact]
    public async Task A_file_and_a_folder_of_the_same_name_are_both_there()
    {
        var (raw, bucket) = (host.Raw("ana"), await host.NewBucket());
        foreach (var key in (string[])["a/b/c", "a/b", "a/b/", "a"])
            Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/{key}", Body)).Status);
        Assert.Equal(["a", "a/b", "a/b/", "a/b/c"], (await raw.Send("GET", $"/{bucket}?list-type=2")).Elements("Key"));
        Assert.Equal(204, (await raw.Send("DELETE", $"/{bucket}/a/b")).Status);
        Assert.Equal("hello", (await raw.Send("GET", $"/{bucket}/a/b/c")).Text);
    }

    [Fact]
    public async Task A_listing_shows_each_write_and_each_deletion_as_soon_as_it_is_answered()
    {
        var (raw, bucket) = (host.Raw("ana"), await host.NewBucket());
        for (var i = 0; i < 50; i++)
        {
            await raw.Send("PUT", $"/{bucket}/k{i % 5}", Body);
            var listed = await raw.Send("GET", $"/{bucket}?list-type=2&prefix=k{i % 5}");
            Assert.Equal([$"k{i % 5}"], listed.Elements("Key"));
            await raw.Send("DELETE", $"/{bucket}/k{i % 5}");
            Assert.Empty((await raw.Send("GET", $"/{bucket}?prefix=k{i % 5}")).Elements("Key"));
        }
    }

    [Fact]
    public async Task The_ETag_of_a_first_part_that_is_read_is_that_of_the_object()
    {
        var upload = await Begin();
        await upload.Complete((1, await upload.Put(1, Body)));
        var whole = (await upload.Raw.Send("HEAD", upload.Path)).Headers["etag"];
        var part = await upload.Raw.Send("GET", $"{upload.Path}?partNumber=1", null, ("if-match", whole));
        Assert.Equal((206, whole), (part.Status, part.Headers["etag"]));
    }

    /// <summary>SDKs for .NET throw at an ETag whose first part is not hexadecimal.</summary>
    [Fact]
    public async Task The_ETag_of_a_put_is_its_MD5_and_that_of_parts_the_MD5_of_theirs()
    {
        var upload = await Begin();
        var put = await upload.Raw.Send("PUT", upload.Path, Body);
        Assert.Equal("\"5d41402abc4b2a76b9719d911017c592\"", put.Headers["etag"]);
        var done = await upload.Complete((1, await upload.Put(1, Body)));
        var md5 = System.Security.Cryptography.MD5.HashData(System.Security.Cryptography.MD5.HashData(Body));
        Assert.Equal($"\"{Convert.ToHexStringLower(md5)}-1\"", done.Element("ETag"));
    }
}
