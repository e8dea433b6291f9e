using System.Text;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus, and what they let.</summary>
public sealed class BucketPolicyTests(S3Host host)
{
    RawS3 Ana => host.Raw("ana");

    RawS3 Bob => host.Raw("bob");

    [Fact]
    public async Task A_policy_is_kept_as_it_was_put_until_it_is_deleted()
    {
        var bucket = await host.NewBucket();
        Assert.Equal("NoSuchBucketPolicy", (await Ana.Send("GET", $"/{bucket}?policy")).Code);
        var policy = Policy(bucket, "Allow", "s3:GetObject");
        Assert.Equal(204, (await Ana.Send("PUT", $"/{bucket}?policy", policy)).Status);
        var kept = await Ana.Send("GET", $"/{bucket}?policy");
        Assert.Equal((200, "application/json"), (kept.Status, kept.Headers["content-type"]));
        Assert.Equal(policy, kept.Body);
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?policy")).Status);
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?policy")).Status);
        Assert.Equal("NoSuchBucketPolicy", (await Ana.Send("GET", $"/{bucket}?policy")).Code);
    }

    [Fact]
    public async Task Others_may_what_the_policy_allows_and_no_more()
    {
        var (bucket, raw) = await Filled();
        Assert.Equal(403, (await raw.SendUnsigned("GET", $"/{bucket}/k")).Status);
        await Put(bucket, "Allow", "s3:GetObject");
        foreach (
            var answer in new[] { await Bob.Send("GET", $"/{bucket}/k"), await raw.SendUnsigned("GET", $"/{bucket}/k") }
        )
            Assert.Equal((200, "hello"), (answer.Status, answer.Text));
        Assert.Equal(200, (await raw.SendUnsigned("HEAD", $"/{bucket}/k")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}")).Status);
        Assert.Equal(403, (await Bob.Send("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k?acl")).Status);
    }

    [Fact]
    public async Task Nobody_learns_of_an_object_that_is_not_there_but_who_may_list()
    {
        var (bucket, raw) = await Filled();
        await Put(bucket, "Allow", "s3:GetObject");
        Assert.Equal("AccessDenied", (await raw.SendUnsigned("GET", $"/{bucket}/none")).Code);
        await Put(bucket, "Allow", "s3:ListBucket");
        Assert.Equal("NoSuchKey", (await raw.SendUnsigned("GET", $"/{bucket}/none")).Code);
        Assert.Equal("AccessDenied", (await raw.SendUnsigned("GET", $"/{bucket}/k")).Code);
        Assert.Equal(["k"], (await Bob.Send("GET", $"/{bucket}?list-type=2")).Elements("Key"));
    }

    [Fact]
    public async Task What_is_denied_is_denied_to_the_owner_who_can_change_it()
    {
        var (bucket, _) = await Filled();
        await Put(bucket, "Deny", "s3:*");
        Assert.Equal(403, (await Ana.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(403, (await host.Raw("root").Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}?policy")).Status);
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?policy")).Status);
        Assert.Equal(200, (await Ana.Send("GET", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task An_owner_who_confirms_it_is_locked_out_and_root_is_not()
    {
        var bucket = await host.NewBucket();
        var confirm = ("x-amz-confirm-remove-self-bucket-access", "true");
        await Ana.Send("PUT", $"/{bucket}?policy", Policy(bucket, "Deny", "s3:*"), confirm);
        Assert.Equal(403, (await Ana.Send("DELETE", $"/{bucket}?policy")).Status);
        Assert.Equal(204, (await host.Raw("root").Send("DELETE", $"/{bucket}?policy")).Status);
    }

    [Fact]
    public async Task Keys_are_deleted_each_for_itself()
    {
        var (bucket, _) = await Filled("keep/k", "go/k");
        await Put(bucket, "Allow", "s3:DeleteObject", $"arn:aws:s3:::{bucket}/go/*");
        var body = "<Delete><Object><Key>keep/k</Key></Object><Object><Key>go/k</Key></Object></Delete>"u8.ToArray();
        var answer = await Bob.Send("POST", $"/{bucket}?delete", body);
        Assert.Equal((200, "AccessDenied"), (answer.Status, answer.Element("Code")));
        Assert.Equal(["keep/k", "go/k"], answer.Elements("Key"));
        Assert.Equal(404, (await Ana.Send("GET", $"/{bucket}/go/k")).Status);
        Assert.Equal(200, (await Ana.Send("GET", $"/{bucket}/keep/k")).Status);
    }

    [Fact]
    public async Task A_copy_reads_its_source_and_writes_its_target()
    {
        var (source, _) = await Filled();
        var target = await host.NewBucket();
        var from = ("x-amz-copy-source", $"{source}/k");
        await Put(target, "Allow", "s3:PutObject");
        Assert.Equal(403, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
        await Put(source, "Allow", "s3:GetObject");
        Assert.Equal(200, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
        Assert.Equal(200, (await Bob.Send("GET", $"/{target}/copy")).Status);
        Assert.Equal(403, (await Ana.Send("GET", $"/{target}/copy")).Status); // it is bob's
        await Put(target, "Deny", "s3:PutObject");
        Assert.Equal(403, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
    }

    [Theory]
    [InlineData("""{"StringLike":{"aws:Referer":"http://pages.example/*"}}""", "referer", "http://pages.example/a")]
    [InlineData("""{"StringEquals":{"s3:x-amz-acl":"private"}}""", "x-amz-acl", "private")]
    [InlineData(
        """{"StringLike":{"s3:x-amz-grant-full-control":"id=*"}}""",
        "x-amz-grant-full-control",
        "id=fae431d5b1234e518d28f3f5d0d67a1aa36fba76df0eb9d2ae"
    )]
    public async Task A_condition_asks_what_a_header_says(string condition, string header, string value)
    {
        var bucket = await host.NewBucket();
        await Put(bucket, "Allow", "s3:PutObject", condition: condition);
        Assert.Equal(403, (await Bob.Send("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
        var said = await Bob.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), (header, value));
        Assert.NotEqual(403, said.Status);
    }

    [Fact]
    public async Task A_condition_asks_for_the_prefix_of_a_list()
    {
        var (bucket, _) = await Filled("a/k", "b/k");
        await Put(bucket, "Allow", "s3:ListBucket", condition: """{"StringEquals":{"s3:prefix":"a/"}}""");
        Assert.Equal(["a/k"], (await Bob.Send("GET", $"/{bucket}?prefix=a/")).Elements("Key"));
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}?prefix=b/")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}")).Status);
    }

    [Theory]
    [InlineData("{", 400, "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")]
    [InlineData("""{"Statement":[{}]}""", 400, "MalformedPolicy", "Missing required field Effect")]
    public async Task A_policy_that_means_nothing_is_refused(string text, int status, string code, string message)
    {
        var bucket = await host.NewBucket();
        var answer = await Ana.Send("PUT", $"/{bucket}?policy", Encoding.UTF8.GetBytes(text));
        Assert.Equal((status, code, message), (answer.Status, answer.Code, answer.Element("Message")));
    }

    [Fact]
    public async Task The_status_says_whether_a_bucket_is_public()
    {
        var bucket = await host.NewBucket();
        Assert.Equal("false", await IsPublic(bucket));
        await Put(bucket, "Allow", "s3:GetObject", condition: """{"IpAddress":{"aws:SourceIp":"10.0.0.0/32"}}""");
        Assert.Equal("false", await IsPublic(bucket));
        await Put(bucket, "Allow", "s3:GetObject");
        Assert.Equal("true", await IsPublic(bucket));
        await Ana.Send("DELETE", $"/{bucket}?policy");
        await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "authenticated-read"));
        Assert.Equal("true", await IsPublic(bucket));
    }

    [Fact]
    public async Task An_upload_in_parts_goes_by_the_policy()
    {
        var bucket = await host.NewBucket();
        Assert.Equal(403, (await Bob.Send("POST", $"/{bucket}/k?uploads")).Status);
        await Put(bucket, "Allow", "s3:PutObject");
        var id = (await Bob.Send("POST", $"/{bucket}/k?uploads")).Element("UploadId");
        var part = await Bob.Send("PUT", $"/{bucket}/k?partNumber=1&uploadId={id}", "hello"u8.ToArray());
        Assert.Equal(["1"], (await Bob.Send("GET", $"/{bucket}/k?uploadId={id}")).Elements("PartNumber"));
        Assert.Equal(403, (await Ana.SendUnsigned("GET", $"/{bucket}/k?uploadId={id}")).Status);
        var aborted = (await Bob.Send("POST", $"/{bucket}/k?uploads")).Element("UploadId");
        Assert.Equal(204, (await Bob.Send("DELETE", $"/{bucket}/k?uploadId={aborted}")).Status);
        var list =
            $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part.Headers["etag"]}</ETag></Part></CompleteMultipartUpload>";
        var done = await Bob.Send("POST", $"/{bucket}/k?uploadId={id}", Encoding.UTF8.GetBytes(list));
        Assert.Equal(200, done.Status);
        Assert.Equal("hello", (await Bob.Send("GET", $"/{bucket}/k")).Text); // whose it is may read it
    }

    async Task<string?> IsPublic(string bucket) =>
        (await Ana.Send("GET", $"/{bucket}?policyStatus")).Element("IsPublic");

    async Task<(string Bucket, RawS3 Raw)> Filled(params string[] keys)
    {
        var bucket = await host.NewBucket();
        foreach (var key in keys.DefaultIfEmpty("k"))
            await Ana.Send("PUT", $"/{bucket}/{key}", "hello"u8.ToArray());
        return (bucket, Ana);
    }

    async Task Put(string bucket, string effect, string action, string? resource = null, string condition = "{}") =>
        Assert.Equal(
            204,
            (await Ana.Send("PUT", $"/{bucket}?policy", Policy(bucket, effect, action, resource, condition))).Status
        );

    static byte[] Policy(string bucket, string effect, string action, string? resource = null, string condition = "{}")
    {
        var resources = resource is null
            ? $"[\"arn:aws:s3:::{bucket}\",\"arn:aws:s3:::{bucket}/*\"]"
            : $"\"{resource}\"";
        return Encoding.UTF8.GetBytes(
            $$"""
            {"Version":"2012-10-17","Statement":[
              {"Effect":"{{effect}}","Principal":"*","Action":"{{action}}","Resource":{{resources}},"Condition":{{condition}}}]}
            """
        );
    }
}
