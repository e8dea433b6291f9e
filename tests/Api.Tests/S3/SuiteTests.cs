using System.Text;

namespace Varve.Api.Tests.S3;

/// <summary>Answers that public conformance suites ask for, and that no other test of an operation has.</summary>
public sealed class SuiteTests(S3Host host) : IClassFixture<S3Host>
{
    readonly RawS3 raw = host.Raw("ana");

    [Fact]
    public async Task A_list_repeats_an_empty_token_and_names_that_need_no_code()
    {
        var bucket = await host.NewBucket();
        var second = await raw.Send("GET", $"/{bucket}?list-type=2&continuation-token=");
        Assert.Equal("", second.Element("ContinuationToken"));
        var first = await raw.Send("GET", $"/{bucket}?encoding-type=url&prefix=a%0Ab");
        Assert.Equal("a\nb", first.Element("Prefix"));
        var coded = await raw.Send("GET", $"/{bucket}?encoding-type=url&prefix=a%2Bb");
        Assert.Equal("a%2Bb", coded.Element("Prefix"));
    }

    [Fact]
    public async Task Who_does_without_the_order_does_without_folders()
    {
        var bucket = await host.NewBucket();
        Assert.Equal(200, (await raw.Send("GET", $"/{bucket}?allow-unordered=true")).Status);
        var folded = await raw.Send("GET", $"/{bucket}?allow-unordered=true&delimiter=%2F");
        Assert.Equal((400, "InvalidArgument"), (folded.Status, folded.Code));
    }

    [Theory, InlineData("x-amz-if-match-size", "9"), InlineData("if-match", "\"other\"")]
    public async Task A_delete_depends_on_the_version_that_it_names(string name, string value)
    {
        using var bucket = await VersionedBucket.Make(host, "Enabled");
        var version = (await bucket.Send("PUT", "/k", "text")).Headers["x-amz-version-id"];
        var refused = await bucket.Send("DELETE", $"/k?versionId={version}", "", (name, value));
        Assert.Equal((412, "PreconditionFailed"), (refused.Status, refused.Code));

        await bucket.Send("DELETE", "/k");
        var marked = await bucket.Send("DELETE", "/k", "", (name, value));
        Assert.Equal((412, "PreconditionFailed"), (marked.Status, marked.Code));
        Assert.Equal(204, (await bucket.Send("DELETE", "/k", "", ("if-match", "*"))).Status);
        Assert.Equal(204, (await bucket.Send("DELETE", $"/k?versionId={version}", "", ("if-match", "*"))).Status);
        Assert.Equal(204, (await bucket.Send("DELETE", $"/k?versionId={version}", "", (name, value))).Status);
    }

    [Fact]
    public async Task What_is_not_there_is_no_delete_marker()
    {
        var path = $"/{await host.NewBucket()}/k";
        Assert.Equal("false", (await raw.Send("HEAD", path)).Headers["x-amz-delete-marker"]);
    }

    [Fact]
    public async Task A_policy_looks_at_the_tags_that_are_there()
    {
        var bucket = await host.NewBucket();
        await Allow(bucket, "s3:GetObject", $"{bucket}/*", """{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}""");
        await raw.Send("PUT", $"/{bucket}/open", "text"u8.ToArray(), ("x-amz-tagging", "a=b"));
        await raw.Send("PUT", $"/{bucket}/shut", "text"u8.ToArray(), ("x-amz-tagging", "a=c"));
        Assert.Equal(200, (await host.Raw("bob").Send("GET", $"/{bucket}/open")).Status);
        Assert.Equal(403, (await host.Raw("bob").Send("GET", $"/{bucket}/shut")).Status);
    }

    [Fact]
    public async Task Who_may_list_some_names_learns_which_of_them_are_not_there()
    {
        var bucket = await host.NewBucket();
        await Allow(bucket, "s3:ListBucket", bucket, """{"StringLike":{"s3:prefix":"open/*"}}""");
        Assert.Equal(404, (await host.Raw("bob").Send("HEAD", $"/{bucket}/open/k")).Status);
        Assert.Equal(403, (await host.Raw("bob").Send("HEAD", $"/{bucket}/shut/k")).Status);
    }

    async Task Allow(string bucket, string action, string resource, string condition)
    {
        var policy = $$"""
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Effect": "Allow", "Principal": "*", "Action": "{{action}}",
                  "Resource": "arn:aws:s3:::{{resource}}", "Condition": {{condition}}
                }
              ]
            }
            """;
        Assert.Equal(204, (await raw.Send("PUT", $"/{bucket}?policy", Encoding.UTF8.GetBytes(policy))).Status);
    }
}
