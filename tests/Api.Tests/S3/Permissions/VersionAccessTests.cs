using System.Text;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>Lists and policies where objects have versions.</summary>
public sealed class VersionAccessTests(S3Host host)
{
    static readonly (string, string) Bypass = ("x-amz-bypass-governance-retention", "true");

    RawS3 Ana => host.Raw("ana");

    RawS3 Bob => host.Raw("bob");

    [Fact]
    public async Task Each_version_has_its_own_list()
    {
        var bucket = await Versioned();
        var (old, current) = (await Put(bucket), await Put(bucket));
        var open = ("x-amz-acl", "public-read");

        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}/k?acl&versionId={old}", null, open)).Status);
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k?versionId={old}")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k?versionId={current}")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        var list = await Ana.Send("GET", $"/{bucket}/k?acl&versionId={old}");
        Assert.Equal(["READ", "FULL_CONTROL"], list.Elements("Permission"));

        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}/k?acl", null, open)).Status);
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        await Put(bucket);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k?versionId={current}")).Status);
    }

    [Fact]
    public async Task A_version_that_is_current_again_has_the_list_that_it_had()
    {
        var bucket = await Versioned();
        var old = await Put(bucket, ("x-amz-acl", "public-read"));
        var newer = await Put(bucket);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}/k?versionId={newer}")).Status);
        var again = await Bob.Send("GET", $"/{bucket}/k");
        Assert.Equal((200, old), (again.Status, again.Headers["x-amz-version-id"]));
    }

    [Fact]
    public async Task A_list_of_no_version_or_of_a_marker_is_refused()
    {
        var bucket = await Versioned();
        await Put(bucket);
        var marker = (await Ana.Send("DELETE", $"/{bucket}/k")).Headers["x-amz-version-id"];
        var list = ("x-amz-acl", "private");
        var unknown = new string('0', 32);
        Assert.Equal("NoSuchVersion", (await Ana.Send("PUT", $"/{bucket}/k?acl&versionId={unknown}", null, list)).Code);
        Assert.Equal("NoSuchVersion", (await Ana.Send("GET", $"/{bucket}/k?acl&versionId={unknown}")).Code);
        Assert.Equal("MethodNotAllowed", (await Ana.Send("GET", $"/{bucket}/k?acl&versionId={marker}")).Code);
        Assert.Equal("NoSuchKey", (await Ana.Send("PUT", $"/{bucket}/k?acl", null, list)).Code);
    }

    [Fact]
    public async Task A_version_is_let_by_the_action_of_versions_and_its_deletion_too()
    {
        var bucket = await Versioned();
        var version = await Put(bucket);
        await Allow(bucket, "s3:GetObject", "s3:DeleteObject");
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k?versionId={version}")).Status);
        Assert.Equal(403, (await Bob.Send("DELETE", $"/{bucket}/k?versionId={version}")).Status);
        var several = $"<Delete><Object><Key>k</Key><VersionId>{version}</VersionId></Object></Delete>";
        Assert.Equal(["AccessDenied"], await Errors(several));

        await Allow(bucket, "s3:GetObjectVersion", "s3:DeleteObjectVersion");
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k?versionId={version}")).Status);
        Assert.Equal(403, (await Bob.Send("DELETE", $"/{bucket}/k")).Status);
        Assert.Empty(await Errors(several));

        async Task<IEnumerable<string>> Errors(string document) =>
            (await Bob.Send("POST", $"/{bucket}?delete", Encoding.UTF8.GetBytes(document))).Elements("Code");
    }

    [Fact]
    public async Task Who_is_not_let_bypass_a_retention_does_not_whatever_they_ask_for()
    {
        var bucket = await host.NewBucket();
        bucket += "-held";
        Assert.Equal(
            200,
            (await Ana.Send("PUT", $"/{bucket}", null, ("x-amz-bucket-object-lock-enabled", "true"))).Status
        );
        var version = await Put(
            bucket,
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            ("x-amz-object-lock-retain-until-date", "2099-01-01T00:00:00Z")
        );
        await Allow(bucket, "s3:DeleteObjectVersion");
        Assert.Equal(403, (await Bob.Send("DELETE", $"/{bucket}/k?versionId={version}", null, Bypass)).Status);
        await Allow(bucket, "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention");
        Assert.Equal(403, (await Bob.Send("DELETE", $"/{bucket}/k?versionId={version}")).Status);
        Assert.Equal(204, (await Bob.Send("DELETE", $"/{bucket}/k?versionId={version}", null, Bypass)).Status);
    }

    async Task<string> Versioned()
    {
        var bucket = await host.NewBucket();
        var enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"u8.ToArray();
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}?versioning", enabled)).Status);
        return bucket;
    }

    /// <returns>Its version id.</returns>
    async Task<string> Put(string bucket, params (string, string)[] headers)
    {
        var put = await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), headers);
        Assert.Equal(200, put.Status);
        return put.Headers["x-amz-version-id"];
    }

    async Task Allow(string bucket, params string[] actions)
    {
        var list = string.Join(',', actions.Select(action => $"\"{action}\""));
        var policy = $$"""
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": [{{list}}],
              "Resource": "arn:aws:s3:::{{bucket}}/*"}]}
            """;
        Assert.Equal(204, (await Ana.Send("PUT", $"/{bucket}?policy", Encoding.UTF8.GetBytes(policy))).Status);
    }
}
