using System.Globalization;
using Amazon.S3;

namespace Varve.Api.Tests.S3;

public sealed class ObjectLockTests(S3Host host)
{
    static readonly DateTime Tomorrow = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(2);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_made_for_locks_is_versioned_and_stays_so()
    {
        using var bucket = await VersionedBucket.MakeLockable(host);
        Assert.Equal("Enabled", (await bucket.Send("GET", "?versioning")).Element("Status"));
        Assert.Equal("Enabled", (await bucket.Send("GET", "?object-lock")).Element("ObjectLockEnabled"));
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => bucket.Set("Suspended"));
        Assert.Equal(("InvalidBucketState", 409), (refused.ErrorCode, (int)refused.StatusCode));
    }

    [Fact]
    public async Task A_versioned_bucket_can_have_locks_later_on()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        var none = await bucket.Send("GET", "?object-lock");
        Assert.Equal((404, "ObjectLockConfigurationNotFoundError"), (none.Status, none.Code));
        Assert.Equal("InvalidBucketState", (await bucket.Send("PUT", "?object-lock", Configured("Days", "1"))).Code);
        await bucket.Set("Suspended");
        Assert.Equal("InvalidBucketState", (await bucket.Send("PUT", "?object-lock", Configured("Days", "1"))).Code);
        await bucket.Set("Enabled");
        Assert.Equal(200, (await bucket.Send("PUT", "?object-lock", Configured("Days", "1"))).Status);
        var rule = await bucket.Send("GET", "?object-lock");
        Assert.Equal(("GOVERNANCE", "1", null), (rule.Element("Mode"), rule.Element("Days"), rule.Element("Years")));
    }

    [Theory]
    [InlineData("Days", "0", "Enabled", "GOVERNANCE", "InvalidRetentionPeriod")]
    [InlineData("Years", "-1", "Enabled", "GOVERNANCE", "InvalidRetentionPeriod")]
    [InlineData("Days", "1", "Enabled", "governance", "MalformedXML")]
    [InlineData("Days", "1", "Disabled", "GOVERNANCE", "MalformedXML")]
    [InlineData("Weeks", "1", "Enabled", "GOVERNANCE", "MalformedXML")]
    [InlineData("Days", "1</Days><Years>1</Years><Days>1", "Enabled", "GOVERNANCE", "MalformedXML")]
    public async Task What_is_no_rule_is_refused(string unit, string count, string enabled, string mode, string code)
    {
        using var bucket = await VersionedBucket.MakeLockable(host);
        var answer = await bucket.Send("PUT", "?object-lock", Configured(unit, count, enabled, mode));
        Assert.Equal((400, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task What_is_retained_is_deleted_by_a_bypass_alone_and_a_marker_hides_it()
    {
        using var bucket = await VersionedBucket.MakeLockable(host);
        var id = (await bucket.Put("k", "text"))!;
        Assert.Equal("NoSuchObjectLockConfiguration", (await bucket.Send("GET", "/k?retention")).Code);
        Assert.Equal(200, (await bucket.Send("PUT", "/k?retention", Retention("GOVERNANCE", Tomorrow))).Status);
        var retention = await bucket.Send("GET", $"/k?retention&versionId={id}");
        Assert.Equal(("GOVERNANCE", Iso(Tomorrow)), (retention.Element("Mode"), retention.Element("RetainUntilDate")));
        var head = (await bucket.Send("HEAD", "/k")).Headers;
        Assert.Equal("GOVERNANCE", head["x-amz-object-lock-mode"]);
        Assert.Equal(Iso(Tomorrow), head["x-amz-object-lock-retain-until-date"]);

        await Refused("AccessDenied", () => bucket.Delete("k", id));
        var marker = (await bucket.Delete("k")).VersionId;
        await bucket.Delete("k", marker);
        var many = await Assert.ThrowsAsync<DeleteObjectsException>(() =>
            bucket.Client.DeleteObjectsAsync(
                new()
                {
                    BucketName = bucket.Name,
                    Objects = [new() { Key = "k", VersionId = id }, new() { Key = "other" }],
                },
                Cancel
            )
        );
        var error = Assert.Single(many.Response.DeleteErrors);
        Assert.Equal(("k", id, "AccessDenied"), (error.Key, error.VersionId, error.Code));
        Assert.Single(many.Response.DeletedObjects);
        Assert.Equal("text", await bucket.Get("k"));
        await bucket.Delete("k", id, bypass: true);
        Assert.Equal("NoSuchVersion", await bucket.Get("k", id));
    }

    [Fact]
    public async Task A_retention_is_shortened_by_a_bypass_of_governance_alone()
    {
        using var bucket = await VersionedBucket.MakeLockable(host);
        await bucket.Put("k", "text");
        await bucket.Send("PUT", "/k?retention", Retention("GOVERNANCE", Tomorrow));
        Assert.Equal(200, await Put("GOVERNANCE", Tomorrow.AddDays(1)));
        Assert.Equal(403, await Put("GOVERNANCE", Tomorrow));
        Assert.Equal(403, await Put("COMPLIANCE", Tomorrow.AddDays(1)));
        var bypass = ("x-amz-bypass-governance-retention", "true");
        Assert.Equal(200, await Put("GOVERNANCE", Tomorrow, bypass));
        Assert.Equal(200, await Put("COMPLIANCE", Tomorrow, bypass));
        Assert.Equal(403, await Put("GOVERNANCE", Tomorrow, bypass));
        Assert.Equal(403, await Put("COMPLIANCE", Tomorrow.AddDays(-1), bypass));
        Assert.Equal(400, await Put("COMPLIANCE", new DateTime(2020, 1, 1)));
        Assert.Equal("MalformedXML", (await bucket.Send("PUT", "/k?retention", Retention("abc", Tomorrow))).Code);

        async Task<int> Put(string mode, DateTime until, params (string, string)[] headers) =>
            (await bucket.Send("PUT", "/k?retention", Retention(mode, until), headers)).Status;
    }

    [Fact]
    public async Task A_legal_hold_holds_until_it_is_off()
    {
        using var bucket = await VersionedBucket.MakeLockable(host);
        var id = await bucket.Put("k", "text");
        Assert.Equal("NoSuchObjectLockConfiguration", (await bucket.Send("GET", "/k?legal-hold")).Code);
        Assert.Equal("MalformedXML", (await bucket.Send("PUT", "/k?legal-hold", Hold("abc"))).Code);
        Assert.Equal(200, (await bucket.Send("PUT", "/k?legal-hold", Hold("ON"))).Status);
        Assert.Equal("ON", (await bucket.Send("HEAD", "/k")).Headers["x-amz-object-lock-legal-hold"]);
        await Refused("AccessDenied", () => bucket.Delete("k", id, bypass: true));
        await bucket.Send("PUT", "/k?legal-hold", Hold("OFF"));
        Assert.Equal("OFF", (await bucket.Send("GET", "/k?legal-hold")).Element("Status"));
        await bucket.Delete("k", id);
    }

    [Fact]
    public async Task A_bucket_without_locks_knows_nothing_of_them()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await bucket.Put("k", "text");
        foreach (
            var (method, target, body) in new[]
            {
                ("PUT", "/k?retention", Retention("GOVERNANCE", Tomorrow)),
                ("PUT", "/k?legal-hold", Hold("ON")),
                ("GET", "/k?retention", ""),
                ("GET", "/k?legal-hold", ""),
            }
        )
        {
            var answer = await bucket.Send(method, target, body);
            Assert.Equal((400, "InvalidRequest"), (answer.Status, answer.Code));
        }
        var hold = ("x-amz-object-lock-legal-hold", "ON");
        Assert.Equal("InvalidRequest", (await bucket.Send("PUT", "/k", "text", hold)).Code);
        Assert.Equal("InvalidRequest", (await bucket.Send("POST", "/k?uploads", "", hold)).Code);
    }

    [Fact]
    public async Task Writes_bring_a_lock_or_get_the_default()
    {
        using var bucket = await VersionedBucket.MakeLockable(host);
        var mode = ("x-amz-object-lock-mode", "COMPLIANCE");
        var until = ("x-amz-object-lock-retain-until-date", Iso(Tomorrow));
        var hold = ("x-amz-object-lock-legal-hold", "ON");
        var own = await bucket.Send("PUT", "/own", "text", mode, until, hold);
        Assert.Equal(200, own.Status);
        await Refused("AccessDenied", () => bucket.Delete("own", own.Headers["x-amz-version-id"], bypass: true));
        Assert.Equal("InvalidArgument", (await bucket.Send("PUT", "/own", "text", mode)).Code);
        Assert.Equal("InvalidArgument", (await bucket.Send("PUT", "/own", "text", until)).Code);

        await bucket.Send("PUT", "?object-lock", Configured("Years", "1"));
        await bucket.Put("default", "text");
        Assert.Equal("GOVERNANCE", (await bucket.Send("HEAD", "/default")).Headers["x-amz-object-lock-mode"]);
        await bucket.Send("PUT", "/copy", "", ("x-amz-copy-source", $"/{bucket.Name}/own"));
        var copy = (await bucket.Send("HEAD", "/copy")).Headers;
        Assert.Equal("GOVERNANCE", copy["x-amz-object-lock-mode"]);
        Assert.DoesNotContain("x-amz-object-lock-legal-hold", copy.Keys);

        var uploadId = (await bucket.Send("POST", "/p?uploads", "", mode, until)).Element("UploadId");
        var etag = (await bucket.Send("PUT", $"/p?uploadId={uploadId}&partNumber=1", "part")).Headers["ETag"];
        var part = $"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>";
        var whole = $"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>";
        var made = await bucket.Send("POST", $"/p?uploadId={uploadId}", whole);
        await Refused("AccessDenied", () => bucket.Delete("p", made.Headers["x-amz-version-id"], bypass: true));
    }

    static async Task Refused(string code, Func<Task> act) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<AmazonS3Exception>(act)).ErrorCode);

    static string Configured(string unit, string count, string enabled = "Enabled", string mode = "GOVERNANCE") =>
        $"<ObjectLockConfiguration><ObjectLockEnabled>{enabled}</ObjectLockEnabled><Rule><DefaultRetention>"
        + $"<Mode>{mode}</Mode><{unit}>{count}</{unit}></DefaultRetention></Rule></ObjectLockConfiguration>";

    static string Retention(string mode, DateTime until) =>
        $"<Retention><Mode>{mode}</Mode><RetainUntilDate>{Iso(until)}</RetainUntilDate></Retention>";

    static string Hold(string status) => $"<LegalHold><Status>{status}</Status></LegalHold>";

    static string Iso(DateTime date) => date.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
