using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Varve.Clients.Tests;

/// <summary>AWSSDK.S3 for .NET: what can be set of a bucket and of its objects.</summary>
public sealed class SdkBucketTests(SharedServer server) : IDisposable
{
    readonly AmazonS3Client s3 = SdkTests.Open(server.Process);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => s3.Dispose();

    async Task<string> Bucket(string name)
    {
        await s3.PutBucketAsync(name, Cancel);
        return name;
    }

    async Task<PutObjectResponse> Put(string bucket, string text, S3CannedACL? acl = null) =>
        await s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = bucket,
                Key = "k",
                ContentBody = text,
                CannedACL = acl,
            },
            Cancel
        );

    [Fact]
    public async Task Versions_are_kept_listed_and_deleted()
    {
        var bucket = await Bucket("sdk-versions");
        var enabled = new S3BucketVersioningConfig { Status = VersionStatus.Enabled };
        await s3.PutBucketVersioningAsync(new() { BucketName = bucket, VersioningConfig = enabled }, Cancel);
        string[] ids = [(await Put(bucket, "1")).VersionId, (await Put(bucket, "2")).VersionId];
        var marker = await s3.DeleteObjectAsync(bucket, "k", Cancel);
        Assert.Equal("true", marker.DeleteMarker);
        using (var old = await s3.GetObjectAsync(bucket, "k", ids[0], Cancel))
        using (var reader = new StreamReader(old.ResponseStream))
            Assert.Equal("1", await reader.ReadToEndAsync(Cancel));
        var listed = await s3.ListVersionsAsync(bucket, Cancel);
        Assert.Equal([marker.VersionId, ids[1], ids[0]], listed.Versions.Select(version => version.VersionId));
        foreach (var version in listed.Versions)
            await s3.DeleteObjectAsync(bucket, "k", version.VersionId, Cancel);
        await s3.DeleteBucketAsync(bucket, Cancel);
    }

    [Fact]
    public async Task What_is_held_stays_until_it_is_let_go()
    {
        await s3.PutBucketAsync(
            new PutBucketRequest { BucketName = "sdk-held", ObjectLockEnabledForBucket = true },
            Cancel
        );
        var (bucket, version) = ("sdk-held", (await Put("sdk-held", "x")).VersionId);
        await Hold(ObjectLockLegalHoldStatus.On);
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            s3.DeleteObjectAsync(bucket, "k", version, Cancel)
        );
        Assert.Equal("AccessDenied", refused.ErrorCode);
        await Hold(ObjectLockLegalHoldStatus.Off);
        await s3.DeleteObjectAsync(bucket, "k", version, Cancel);

        Task Hold(ObjectLockLegalHoldStatus status) =>
            s3.PutObjectLegalHoldAsync(
                new()
                {
                    BucketName = bucket,
                    Key = "k",
                    VersionId = version,
                    LegalHold = new() { Status = status },
                },
                Cancel
            );
    }

    [Fact]
    public async Task Tags_and_lifecycles_are_set_and_read()
    {
        var bucket = await Bucket("sdk-tags");
        await Put(bucket, "x");
        List<Tag> tags = [new() { Key = "a b", Value = "+c" }];
        await s3.PutObjectTaggingAsync(
            new()
            {
                BucketName = bucket,
                Key = "k",
                Tagging = new() { TagSet = tags },
            },
            Cancel
        );
        var kept = await s3.GetObjectTaggingAsync(new() { BucketName = bucket, Key = "k" }, Cancel);
        Assert.Equal([("a b", "+c")], kept.Tagging.Select(tag => (tag.Key, tag.Value)));
        await s3.PutBucketTaggingAsync(bucket, tags, Cancel);
        var ofBucket = await s3.GetBucketTaggingAsync(new() { BucketName = bucket }, Cancel);
        Assert.Equal([("a b", "+c")], ofBucket.TagSet.Select(tag => (tag.Key, tag.Value)));
        var rule = new LifecycleRule
        {
            Id = "old",
            Status = LifecycleRuleStatus.Enabled,
            Filter = new() { LifecycleFilterPredicate = new LifecyclePrefixPredicate { Prefix = "logs/" } },
            Expiration = new() { Days = 3 },
        };
        await s3.PutLifecycleConfigurationAsync(bucket, new() { Rules = [rule] }, Cancel);
        var rules = (await s3.GetLifecycleConfigurationAsync(bucket, Cancel)).Configuration.Rules;
        Assert.Equal([("old", 3)], rules.Select(each => (each.Id, each.Expiration.Days ?? 0)));
    }

    [Fact]
    public async Task Lists_policies_and_origins_let_others_in()
    {
        var bucket = await Bucket("sdk-access");
        using var http = new HttpClient();
        var url = new Uri(server.Process.S3, $"{bucket}/k");
        async Task AssertRead(HttpStatusCode status)
        {
            using var answer = await http.GetAsync(url, Cancel);
            Assert.Equal(status, answer.StatusCode);
        }

        await Put(bucket, "x", S3CannedACL.PublicRead);
        await AssertRead(HttpStatusCode.OK);
        var list = await s3.GetObjectAclAsync(new() { BucketName = bucket, Key = "k" }, Cancel);
        Assert.Equal(2, list.Grants.Count);
        await Put(bucket, "x");
        await AssertRead(HttpStatusCode.Forbidden);

        var policy = $$"""
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::{{bucket}}/*"}]}
            """;
        await s3.PutBucketPolicyAsync(bucket, policy, Cancel);
        Assert.Equal(policy, (await s3.GetBucketPolicyAsync(bucket, Cancel)).Policy);
        await AssertRead(HttpStatusCode.OK);
        await s3.DeleteBucketPolicyAsync(bucket, Cancel);
        await AssertRead(HttpStatusCode.Forbidden);

        var rule = new CORSRule
        {
            AllowedOrigins = ["https://a.example"],
            AllowedMethods = ["GET"],
            ExposeHeaders = ["ETag"],
        };
        await s3.PutCORSConfigurationAsync(bucket, new() { Rules = [rule] }, Cancel);
        var rules = (await s3.GetCORSConfigurationAsync(bucket, Cancel)).Configuration.Rules;
        Assert.Equal(["https://a.example"], rules.Single().AllowedOrigins);
    }
}
