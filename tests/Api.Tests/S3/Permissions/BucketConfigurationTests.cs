using System.Text;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>Tags and encryption of buckets, what is answered always the same, and GetCallerIdentity.</summary>
public sealed class BucketConfigurationTests(S3Host host)
{
    RawS3 Ana => host.Raw("ana");

    [Fact]
    public async Task Tags_are_kept_until_they_are_deleted()
    {
        var bucket = await host.NewBucket();
        var none = await Ana.Send("GET", $"/{bucket}?tagging");
        Assert.Equal((404, "NoSuchTagSet"), (none.Status, none.Code));
        Assert.Equal(204, (await Tag(bucket, ("Hello", "World"), ("a", ""))).Status);
        var tags = await Ana.Send("GET", $"/{bucket}?tagging");
        Assert.Equal(["Hello", "a"], tags.Elements("Key"));
        Assert.Equal(["World", ""], tags.Elements("Value"));
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?tagging")).Status);
        Assert.Equal("NoSuchTagSet", (await Ana.Send("GET", $"/{bucket}?tagging")).Code);
    }

    [Fact]
    public async Task Tags_that_are_none_are_refused()
    {
        var bucket = await host.NewBucket();
        Assert.Equal("InvalidTag", (await Tag(bucket, ("a", "1"), ("a", "2"))).Code);
        Assert.Equal("InvalidTag", (await Tag(bucket, ("aws:a", "1"))).Code);
        Assert.Equal("InvalidTag", (await Tag(bucket, ("", "1"))).Code);
        Assert.Equal("InvalidTag", (await Tag(bucket, (new('k', 129), "1"))).Code);
        Assert.Equal("InvalidTag", (await Tag(bucket, ("k", new('v', 257)))).Code);
        Assert.Equal("InvalidTag", (await Tag(bucket, ("a!", "1"))).Code);
        Assert.Equal("BadRequest", (await Tag(bucket, [.. Enumerable.Range(0, 51).Select(i => ($"k{i}", "v"))])).Code);
        Assert.Equal("MalformedXML", (await Ana.Send("PUT", $"/{bucket}?tagging", "<Tagging/>"u8.ToArray())).Code);
        Assert.Equal("NoSuchTagSet", (await Ana.Send("GET", $"/{bucket}?tagging")).Code);
    }

    [Fact]
    public async Task Encryption_is_kept_until_it_is_deleted()
    {
        var bucket = await host.NewBucket();
        var none = await Ana.Send("GET", $"/{bucket}?encryption");
        Assert.Equal((404, "ServerSideEncryptionConfigurationNotFoundError"), (none.Status, none.Code));
        Assert.Equal(200, (await Encrypt(bucket, "AES256")).Status);
        Assert.Equal("AES256", (await Ana.Send("GET", $"/{bucket}?encryption")).Element("SSEAlgorithm"));
        Assert.Equal((501, "NotImplemented"), await Refusal(Encrypt(bucket, "aws:kms")));
        Assert.Equal((400, "MalformedXML"), await Refusal(Encrypt(bucket, "ROT13")));
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?encryption")).Status);
        Assert.Equal(404, (await Ana.Send("GET", $"/{bucket}?encryption")).Status);
    }

    [Theory]
    [InlineData("requestPayment", "<Payer>BucketOwner</Payer>")]
    [InlineData("logging", "<BucketLoggingStatus")]
    [InlineData("accelerate", "<AccelerateConfiguration")]
    [InlineData("location", "<LocationConstraint")]
    public async Task What_is_always_the_same_is_said(string subresource, string said)
    {
        var answer = await Ana.Send("GET", $"/{await host.NewBucket()}?{subresource}");
        Assert.Equal(200, answer.Status);
        Assert.Contains(said, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "website"), InlineData("PUT", "website"), InlineData("PUT", "logging")]
    [InlineData("PUT", "accelerate"), InlineData("PUT", "requestPayment")]
    [InlineData("GET", "replication"), InlineData("GET", "inventory"), InlineData("GET", "analytics")]
    public async Task What_is_not_done_is_501(string method, string subresource)
    {
        var answer = await Ana.Send(method, $"/{await host.NewBucket()}?{subresource}");
        Assert.Equal((501, "NotImplemented"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Somebody_else_may_not_configure_a_bucket()
    {
        var bucket = await host.NewBucket();
        await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "public-read-write"));
        foreach (
            var name in new[]
            {
                "policy",
                "cors",
                "tagging",
                "encryption",
                "publicAccessBlock",
                "ownershipControls",
                "acl",
            }
        )
        foreach (var method in new[] { "GET", "PUT" })
            Assert.Equal((403, "AccessDenied"), await Refusal(host.Raw("bob").Send(method, $"/{bucket}?{name}")));
    }

    [Fact]
    public async Task The_read_model_has_what_the_log_has()
    {
        var bucket = await host.NewBucket();
        await Tag(bucket, ("a", "b"));
        await Encrypt(bucket, "AES256");
        var state = await host.Varve.Read(
            Domain.Buckets.Bucket.Decider,
            $"bucket-{bucket}",
            TestContext.Current.CancellationToken
        );
        var row = await host.Varve.Reads.FindBucket(bucket, TestContext.Current.CancellationToken);
        Assert.Equal(state.Configuration.Encryption, row!.Configuration.Encryption);
        Assert.Equal(state.Configuration.Tags, row.Configuration.Tags);
    }

    Task<RawAnswer> Tag(string bucket, params (string Key, string Value)[] tags)
    {
        var set = string.Concat(tags.Select(tag => $"<Tag><Key>{tag.Key}</Key><Value>{tag.Value}</Value></Tag>"));
        var body = Encoding.UTF8.GetBytes($"<Tagging><TagSet>{set}</TagSet></Tagging>");
        return Ana.Send("PUT", $"/{bucket}?tagging", body);
    }

    Task<RawAnswer> Encrypt(string bucket, string algorithm)
    {
        var rule =
            $"<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>";
        var body = $"<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>";
        return Ana.Send("PUT", $"/{bucket}?encryption", Encoding.UTF8.GetBytes(body));
    }

    static async Task<(int, string)> Refusal(Task<RawAnswer> asked)
    {
        var answer = await asked;
        return (answer.Status, answer.Code);
    }
}
