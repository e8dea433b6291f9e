using Amazon.S3;

namespace Varve.Api.Tests.S3;

public sealed class VersioningTests(S3Host host)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versioning_is_enabled_then_suspended_and_never_off_again()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Null((await bucket.Send("GET", "?versioning")).Element("Status"));
        foreach (var status in new[] { "Enabled", "Suspended", "Enabled" })
        {
            await bucket.Set(status);
            Assert.Equal(status, (await bucket.Send("GET", "?versioning")).Element("Status"));
        }
    }

    [Theory]
    [InlineData("<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>", "MalformedXML")]
    [InlineData("<VersioningConfiguration/>", "IllegalVersioningConfigurationException")]
    [InlineData(
        "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
        "NotImplemented"
    )]
    public async Task What_is_no_versioning_is_refused(string document, string code)
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Equal(code, (await bucket.Send("PUT", "?versioning", document)).Code);
    }

    [Fact]
    public async Task Every_version_is_there_until_it_is_deleted_by_its_id()
    {
        using var bucket = await VersionedBucket.Make(host);
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
            ids.Add((await bucket.Put("k", $"text {i}"))!);
        Assert.Equal(4, ids.Distinct().Count());
        for (var i = 0; i < 4; i++)
            Assert.Equal($"text {i}", await bucket.Get("k", ids[i]));

        Assert.Equal(ids[1], (await bucket.Delete("k", ids[1])).VersionId);
        Assert.Equal("NoSuchVersion", await bucket.Get("k", ids[1]));
        Assert.Equal("text 3", await bucket.Get("k"));
        await bucket.Delete("k", ids[3]);
        Assert.Equal("text 2", await bucket.Get("k"));
        Assert.Equal([$"k {ids[2]}*", $"k {ids[0]}"], await bucket.List());
        await bucket.Delete("k", ids[0]);
        await bucket.Delete("k", ids[2]);
        await bucket.Delete("k", ids[2]); // once more is fine
        Assert.Equal("NoSuchKey", await bucket.Get("k"));
        Assert.Empty(await bucket.List());
        await bucket.Client.DeleteBucketAsync(bucket.Name, Cancel);
    }

    [Fact]
    public async Task A_delete_marker_hides_and_deleting_it_shows_again()
    {
        using var bucket = await VersionedBucket.Make(host);
        var id = await bucket.Put("k", "text");
        var deleted = await bucket.Delete("k");
        Assert.Equal("true", deleted.DeleteMarker);
        var marker = deleted.VersionId;

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var hidden = await bucket.Send(method, "/k");
            Assert.Equal(
                (404, "true", marker),
                (hidden.Status, hidden.Headers["x-amz-delete-marker"], hidden.Headers["x-amz-version-id"])
            );
            var itself = await bucket.Send(method, $"/k?versionId={marker}");
            Assert.Equal((405, "true"), (itself.Status, itself.Headers["x-amz-delete-marker"]));
        }
        Assert.Equal("text", await bucket.Get("k", id));
        Assert.Equal([$"k {marker}*x", $"k {id}"], await bucket.List());
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            bucket.Client.DeleteBucketAsync(bucket.Name, Cancel)
        );
        Assert.Equal("BucketNotEmpty", refused.ErrorCode);

        var undeleted = await bucket.Delete("k", marker);
        Assert.Equal(("true", marker), (undeleted.DeleteMarker, undeleted.VersionId));
        Assert.Equal("text", await bucket.Get("k"));
        Assert.Equal([$"k {id}*"], await bucket.List());
    }

    [Fact]
    public async Task A_delete_of_nothing_leaves_a_marker_and_so_does_the_next()
    {
        using var bucket = await VersionedBucket.Make(host);
        var (first, second) = (await bucket.Delete("k"), await bucket.Delete("k"));
        Assert.Equal([$"k {second.VersionId}*x", $"k {first.VersionId}x"], await bucket.List());
        await bucket.Delete("k", second.VersionId);
        Assert.Equal([$"k {first.VersionId}*x"], await bucket.List());
    }

    [Fact]
    public async Task What_was_before_versioning_is_the_null_version()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Null(await bucket.Put("k", "old"));
        Assert.DoesNotContain("x-amz-version-id", (await bucket.Send("GET", "/k")).Headers.Keys);
        await bucket.Set("Enabled");
        Assert.Equal("null", (await bucket.Send("GET", "/k")).Headers["x-amz-version-id"]);
        var id = await bucket.Put("k", "new");
        Assert.Equal([$"k {id}*", "k null"], await bucket.List());
        await bucket.Delete("k", id);
        Assert.Equal("old", await bucket.Get("k"));
        await bucket.Delete("k", "null");
        Assert.Equal("NoSuchKey", await bucket.Get("k"));
        Assert.Equal("NoSuchVersion", await bucket.Get("k", "null"));
        Assert.Empty(await bucket.List());
    }

    [Fact]
    public async Task Suspended_writes_replace_the_null_version_and_leave_the_others()
    {
        using var bucket = await VersionedBucket.Make(host);
        var id = await bucket.Put("k", "kept");
        await bucket.Set("Suspended");
        Assert.Null(await bucket.Put("k", "null 1"));
        Assert.Null(await bucket.Put("k", "null 2"));
        Assert.Equal(["k null*", $"k {id}"], await bucket.List());
        Assert.Equal("null 2", await bucket.Get("k", "null"));

        var deleted = await bucket.Delete("k");
        Assert.Equal(("true", "null"), (deleted.DeleteMarker, deleted.VersionId));
        Assert.Equal(["k null*x", $"k {id}"], await bucket.List());
        await bucket.Delete("k");
        Assert.Equal(["k null*x", $"k {id}"], await bucket.List());
        await bucket.Put("k", "null 3");
        Assert.Equal(["k null*", $"k {id}"], await bucket.List());

        await bucket.Set("Enabled");
        var newest = await bucket.Put("k", "newest");
        Assert.Equal([$"k {newest}*", "k null", $"k {id}"], await bucket.List());
        await bucket.Set("Suspended");
        await bucket.Put("k", "null 4");
        Assert.Equal(["k null*", $"k {newest}", $"k {id}"], await bucket.List());
    }

    [Fact]
    public async Task Many_are_deleted_at_once_with_markers_made_and_deleted()
    {
        using var bucket = await VersionedBucket.Make(host);
        var (a, b) = (await bucket.Put("a", "1"), await bucket.Put("b", "1"));
        var old = (await bucket.Delete("b")).VersionId;
        var answer = await bucket.Client.DeleteObjectsAsync(
            new()
            {
                BucketName = bucket.Name,
                Objects =
                [
                    new() { Key = "a" },
                    new() { Key = "b", VersionId = old },
                    new() { Key = "b", VersionId = b },
                    new() { Key = "c", VersionId = a },
                ],
            },
            Cancel
        );
        Assert.Equal(["a", "b", "b", "c"], answer.DeletedObjects.Select(o => o.Key));
        Assert.Equal([true, true, false, false], answer.DeletedObjects.Select(o => o.DeleteMarker ?? false));
        Assert.Equal([null, old, b, a], answer.DeletedObjects.Select(o => o.VersionId));
        Assert.Equal(old, answer.DeletedObjects[1].DeleteMarkerVersionId);
        var made = answer.DeletedObjects[0].DeleteMarkerVersionId;
        Assert.Equal([$"a {made}*x", $"a {a}"], await bucket.List());
    }

    [Fact]
    public async Task Pages_of_versions_join_whatever_their_size_even_where_they_are_deleted_in_between()
    {
        using var bucket = await VersionedBucket.Make(host);
        foreach (var key in new[] { "a", "d/1", "d/2", "e e", "f" })
            for (var i = 0; i < 3; i++)
                await bucket.Put(key, $"{i}");
        await bucket.Delete("a");
        await bucket.Delete("f");
        await bucket.Put("f", "again");
        var all = await bucket.List();
        Assert.Equal(18, all.Count);
        Assert.Equal(["a", "d/1", "d/2", "e e", "f"], all.Where(v => v.Contains('*')).Select(KeyOf));
        for (var max = 1; max < 6; max++)
            Assert.Equal(all, await bucket.List(max));
        Assert.Equal(
            all.Select(v => v.StartsWith("d/", StringComparison.Ordinal) ? "d/" : v).Distinct().Order(),
            (await bucket.List(2, "/")).Order()
        );

        var (seen, page) = (0, await bucket.Page(2));
        while (true)
        {
            var before = await bucket.Page(1, page);
            foreach (var version in page.Versions)
                await bucket.Delete(version.Key, version.VersionId);
            seen += page.Versions.Count;
            if (page.IsTruncated != true)
                break;
            page = await bucket.Page(2, page);
            Assert.Equal(before.Versions[0].VersionId, page.Versions[0].VersionId);
        }
        Assert.Equal(18, seen);
        Assert.Empty(await bucket.List());

        static string KeyOf(string version) => version[..version.LastIndexOf(' ')];
    }

    [Theory]
    [InlineData("version-id-marker=null", "InvalidArgument")]
    [InlineData("key-marker=a&version-id-marker=", "InvalidArgument")]
    [InlineData("key-marker=a&version-id-marker=x", "InvalidArgument")]
    [InlineData("max-keys=-1", "InvalidArgument")]
    [InlineData("max-keys=0", "")]
    [InlineData("max-keys=0&key-marker=a&version-id-marker=null", "")]
    public async Task Markers_must_make_sense(string query, string code)
    {
        using var bucket = await VersionedBucket.Make(host);
        await bucket.Put("k", "1");
        var answer = await bucket.Send("GET", $"?versions&{query}");
        Assert.Equal(code, answer.Code);
        if (code.Length == 0)
            Assert.Equal(("false", null), (answer.Element("IsTruncated"), answer.Element("Version")));
    }

    [Fact]
    public async Task An_old_version_is_copied_whole_and_in_parts_and_onto_itself()
    {
        using var bucket = await VersionedBucket.Make(host);
        var old = await bucket.Put("k", "old");
        await bucket.Put("k", "new");
        var marker = (await bucket.Delete("gone")).VersionId;
        var source = ("x-amz-copy-source", $"/{bucket.Name}/k?versionId={old}");

        var copied = await bucket.Send("PUT", "/k", "", source);
        Assert.Equal(old, copied.Headers["x-amz-copy-source-version-id"]);
        Assert.Equal("old", await bucket.Get("k", copied.Headers["x-amz-version-id"]));
        Assert.Equal(3, (await bucket.List()).Count(v => v.StartsWith('k')));

        var uploadId = (await bucket.Send("POST", "/p?uploads")).Element("UploadId");
        var part = await bucket.Send("PUT", $"/p?uploadId={uploadId}&partNumber=1", "", source);
        var whole = $"<Part><PartNumber>1</PartNumber><ETag>{part.Element("ETag")}</ETag></Part>";
        whole = $"<CompleteMultipartUpload>{whole}</CompleteMultipartUpload>";
        var completed = await bucket.Send("POST", $"/p?uploadId={uploadId}", whole);
        var again = await bucket.Send("POST", $"/p?uploadId={uploadId}", whole);
        Assert.Equal("old", await bucket.Get("p", completed.Headers["x-amz-version-id"]));
        Assert.Equal(completed.Headers["x-amz-version-id"], again.Headers["x-amz-version-id"]);

        var hidden = await bucket.Send("PUT", "/x", "", ("x-amz-copy-source", $"/{bucket.Name}/gone"));
        Assert.Equal("NoSuchKey", hidden.Code);
        var itself = ("x-amz-copy-source", $"/{bucket.Name}/gone?versionId={marker}");
        Assert.Equal("InvalidRequest", (await bucket.Send("PUT", "/x", "", itself)).Code);
        var none = ("x-amz-copy-source", $"/{bucket.Name}/k?versionId={marker}");
        Assert.Equal("NoSuchVersion", (await bucket.Send("PUT", "/x", "", none)).Code);
    }

    [Fact]
    public async Task The_past_shows_what_was_deleted_for_good()
    {
        using var bucket = await VersionedBucket.Make(host);
        var first = (await bucket.Put("k", "first"))!;
        var second = await bucket.Send("PUT", "/k", "second");
        await bucket.Delete("k", second.Headers["x-amz-version-id"]);
        var middle = second.Headers["x-varve-position"];
        var end = (await bucket.Send("PUT", "/other", "x")).Headers["x-varve-position"];
        await bucket.Delete("k", first);

        Assert.Equal("NoSuchKey", await bucket.Get("k"));
        Assert.Equal("second", (await bucket.Send("GET", $"--at-p{middle}/k")).Text);
        Assert.Equal("first", (await bucket.Send("GET", $"--at-p{end}/k")).Text);
        Assert.Equal(["k", "other"], (await bucket.Send("GET", $"--at-p{end}?list-type=2")).Elements("Key"));
        Assert.Equal(["null", "null"], (await bucket.Send("GET", $"--at-p{end}?versions")).Elements("VersionId"));
    }

    [Fact]
    public async Task Writers_at_once_each_make_a_version()
    {
        using var bucket = await VersionedBucket.Make(host);
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => bucket.Put("k", $"{i}")));
        Assert.Equal(ids.Order(), (await bucket.List()).Select(v => v[2..].TrimEnd('*')).Order());
        await Task.WhenAll(ids.Select(id => bucket.Delete("k", id)));
        Assert.Empty(await bucket.List());
    }
}
