using Amazon.S3;
using Varve.Domain.Access;

namespace Varve.Api.Tests.S3;

/// <summary>ListBuckets, CreateBucket, HeadBucket, GetBucketLocation, GetBucketVersioning, DeleteBucket.</summary>
public sealed class BucketTests(S3Host host)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_made_bucket_is_listed_and_found()
    {
        var bucket = await host.NewBucket();
        using var ana = host.Client("ana");

        var list = await ana.ListBucketsAsync(Cancel);
        Assert.Contains(list.Buckets, b => b.BucketName == bucket);
        Assert.Equal((UserIds.CanonicalId("ana"), "ana"), (list.Owner.Id, list.Owner.DisplayName));
        var head = await host.Raw("ana").Send("HEAD", $"/{bucket}");
        Assert.Equal((200, "us-east-1"), (head.Status, head.Headers["x-amz-bucket-region"]));
    }

    [Fact]
    public async Task Others_do_not_see_it_but_root_does()
    {
        var bucket = await host.NewBucket();
        using var bob = host.Client("bob");
        using var root = host.Client("root");

        Assert.DoesNotContain((await bob.ListBucketsAsync(Cancel)).Buckets ?? [], b => b.BucketName == bucket);
        Assert.Contains((await root.ListBucketsAsync(Cancel)).Buckets, b => b.BucketName == bucket);
        Assert.Equal(403, (await host.Raw("bob").Send("HEAD", $"/{bucket}")).Status);
        Assert.Equal("AccessDenied", (await host.Raw("bob").Send("GET", $"/{bucket}")).Code);
    }

    [Fact]
    public async Task Buckets_come_in_pages()
    {
        var names = new[] { "page-a", "page-b", "page-c" };
        var raw = host.Raw("ana");
        foreach (var name in names)
            await raw.Send("PUT", $"/{name}");

        var first = await raw.Send("GET", "/?prefix=page-&max-buckets=2");
        Assert.Equal(names[..2], first.Elements("Name"));
        var token = Uri.EscapeDataString(first.Element("ContinuationToken")!);
        var second = await raw.Send("GET", $"/?prefix=page-&max-buckets=2&continuation-token={token}");
        Assert.Equal(names[2..], second.Elements("Name"));
        Assert.Null(second.Element("ContinuationToken"));
        Assert.Equal("InvalidArgument", (await raw.Send("GET", "/?max-buckets=0")).Code);
        Assert.Equal("InvalidArgument", (await raw.Send("GET", "/?max-buckets=10001")).Code);
        Assert.Equal("InvalidArgument", (await raw.Send("GET", "/?continuation-token=%3F")).Code);
        Assert.Equal(names, (await raw.Send("GET", "/?prefix=page-&bucket-region=us-east-1")).Elements("Name"));
        Assert.Empty((await raw.Send("GET", "/?prefix=page-&bucket-region=eu-west-1")).Elements("Name"));
    }

    [Fact]
    public async Task A_bucket_is_made_again_by_its_owner_and_as_it_is()
    {
        var bucket = await host.NewBucket();
        var mine = await host.Raw("ana").Send("PUT", $"/{bucket}");
        var anothers = await host.Raw("bob").Send("PUT", $"/{bucket}");
        var changed = await host.Raw("ana").Send("PUT", $"/{bucket}", null, ("x-amz-acl", "public-read"));
        Assert.Equal(200, mine.Status);
        Assert.Equal((409, "BucketAlreadyExists"), (anothers.Status, anothers.Code));
        Assert.Equal((409, "BucketAlreadyExists"), (changed.Status, changed.Code));
    }

    [Theory]
    [
        InlineData("Upper"),
        InlineData("a"),
        InlineData("a_b"),
        InlineData("10.0.0.1"),
        InlineData("-ab"),
        InlineData("a.-b"),
        InlineData("a-.b")
    ]
    [InlineData("photos--at-p12"), InlineData("photos--at-20260101t000000z"), InlineData("a%2Fb")]
    public async Task A_name_against_the_rules_is_refused(string name)
    {
        var answer = await host.Raw("ana").Send("PUT", $"/{name}");
        Assert.Equal((400, "InvalidBucketName"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_bucket_may_be_asked_for_in_any_region()
    {
        var body =
            "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"u8;
        var raw = host.Raw("ana");
        var made = await raw.Send("PUT", "/regional", body.ToArray());
        Assert.Equal((200, "/regional"), (made.Status, made.Headers["location"]));
        var location = await raw.Send("GET", "/regional?location");
        Assert.Equal("LocationConstraint", location.Xml.Name.LocalName);
        Assert.Equal("MalformedXML", (await raw.Send("PUT", "/regional2", "<a"u8.ToArray())).Code);
        Assert.Equal(404, (await raw.Send("HEAD", "/regional2")).Status);
    }

    [Fact]
    public async Task A_bucket_never_had_versions()
    {
        using var ana = host.Client("ana");
        var versioning = await ana.GetBucketVersioningAsync(await host.NewBucket(), Cancel);
        Assert.NotEqual(VersionStatus.Enabled, versioning.VersioningConfig?.Status);
    }

    [Fact]
    public async Task An_empty_bucket_can_be_deleted_and_made_again_by_another()
    {
        var bucket = await host.NewBucket();
        Assert.Equal(204, (await host.Raw("ana").Send("DELETE", $"/{bucket}")).Status);
        var gone = await host.Raw("ana").Send("GET", $"/{bucket}");
        Assert.Equal((404, "NoSuchBucket"), (gone.Status, gone.Code));
        Assert.Equal(200, (await host.Raw("bob").Send("PUT", $"/{bucket}")).Status);
        Assert.Equal(403, (await host.Raw("ana").Send("GET", $"/{bucket}")).Status);
    }

    [Fact]
    public async Task A_bucket_with_an_object_cannot_be_deleted()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/k", "x"u8.ToArray());
        var refused = await raw.Send("DELETE", $"/{bucket}");
        Assert.Equal((409, "BucketNotEmpty"), (refused.Status, refused.Code));
        await raw.Send("DELETE", $"/{bucket}/k");
        Assert.Equal(204, (await raw.Send("DELETE", $"/{bucket}")).Status);
    }

    [Fact]
    public async Task Of_a_deletion_and_a_write_that_race_no_write_is_lost()
    {
        for (var round = 0; round < 20; round++)
        {
            var bucket = await host.NewBucket();
            var put = host.Raw("ana").Send("PUT", $"/{bucket}/k", "x"u8.ToArray());
            var delete = host.Raw("ana").Send("DELETE", $"/{bucket}");
            var (written, deleted) = (await put, await delete);
            var found = await host.Raw("ana").Send("GET", $"/{bucket}/k");
            if (written.Status == 200)
                Assert.Equal((409, 200), (deleted.Status, found.Status));
            else
                Assert.Equal((404, "NoSuchBucket", 204), (written.Status, written.Code, deleted.Status));
        }
    }

    [Theory]
    [
        InlineData("GET", "/no-such-bucket"),
        InlineData("DELETE", "/no-such-bucket"),
        InlineData("PUT", "/no-such-bucket/k")
    ]
    [
        InlineData("GET", "/photos--at-p12"),
        InlineData("GET", "/no-such-bucket/k"),
        InlineData("POST", "/no-such-bucket/k?uploads")
    ]
    public async Task A_bucket_that_is_not_there_is_NoSuchBucket(string method, string target)
    {
        var answer = await host.Raw("ana").Send(method, target);
        Assert.Equal((404, "NoSuchBucket"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Nobody_in_particular_gets_nothing()
    {
        var bucket = await host.NewBucket();
        using var http = new HttpClient { BaseAddress = host.Url };
        foreach (var (target, status) in new[] { ($"/{bucket}", 403), ($"/{bucket}/k", 403), ("/no-such-bucket", 404) })
            Assert.Equal(status, (int)(await http.GetAsync(new Uri(target, UriKind.Relative), Cancel)).StatusCode);
        Assert.DoesNotContain(
            "<Name>",
            await http.GetStringAsync(new Uri("/", UriKind.Relative), Cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_the_table_does_not_answer_is_501_and_changes_nothing()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/k", "kept"u8.ToArray());
        foreach (var query in new[] { "torrent", "uploadId=1", "versionId=1" })
        {
            var answer = await raw.Send("PUT", $"/{bucket}/k?{query}", "<Acl/>"u8.ToArray());
            Assert.Equal((501, "NotImplemented"), (answer.Status, answer.Code));
        }
        Assert.Equal("kept", (await raw.Send("GET", $"/{bucket}/k")).Text);
    }
}
