using System.Globalization;

namespace Varve.Api.Tests.S3;

public sealed class LifecycleTests(S3Host host)
{
    const string Expire = "<Expiration><Days>1</Days></Expiration>";
    const string All = "<Filter/>";

    [Fact]
    public async Task Rules_are_kept_as_they_were_sent_until_they_are_deleted()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        var none = await bucket.Send("GET", "?lifecycle");
        Assert.Equal((404, "NoSuchLifecycleConfiguration"), (none.Status, none.Code));
        string[] rules =
        [
            $"<ID>a</ID><Prefix>old/</Prefix><Status>Enabled</Status>{Expire}",
            "<ID>b</ID><Filter><Prefix>x</Prefix></Filter><Status>Disabled</Status>"
                + "<Expiration><Date>2017-09-27T00:00:00.000Z</Date></Expiration>",
            "<ID>c</ID><Filter><And><Prefix>y</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
                + "<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And>"
                + $"</Filter><Status>Enabled</Status>{Expire}",
            "<ID>d</ID><Filter></Filter><Status>Enabled</Status>"
                + "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
                + "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>"
                + "<NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration>"
                + "<AbortIncompleteMultipartUpload><DaysAfterInitiation>4</DaysAfterInitiation>"
                + "</AbortIncompleteMultipartUpload>",
        ];
        Assert.Equal(200, await Put(bucket, rules));
        var read = await bucket.Send("GET", "?lifecycle");
        Assert.EndsWith(Document(rules)["<LifecycleConfiguration>".Length..], read.Text);
        Assert.Equal(204, (await bucket.Send("DELETE", "?lifecycle")).Status);
        Assert.Equal(204, (await bucket.Send("DELETE", "?lifecycle")).Status);
        Assert.Equal(404, (await bucket.Send("GET", "?lifecycle")).Status);
    }

    [Fact]
    public async Task A_rule_without_a_name_gets_one()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Equal(200, await Put(bucket, $"{All}<Status>Enabled</Status>{Expire}"));
        Assert.NotEmpty((await bucket.Send("GET", "?lifecycle")).Element("ID")!);
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData($"{All}<Status>enabled</Status>{Expire}", "MalformedXML")]
    [InlineData($"{All}{Expire}", "MalformedXML")]
    [InlineData($"<Status>Enabled</Status>{Expire}", "MalformedXML")]
    [InlineData($"{All}<Prefix/><Status>Enabled</Status>{Expire}", "MalformedXML")]
    [InlineData($"{All}<Status>Enabled</Status>", "InvalidRequest")]
    [InlineData(
        $"<Filter><Prefix>a</Prefix><And><Prefix>b</Prefix></And></Filter><Status>Enabled</Status>{Expire}",
        "MalformedXML"
    )]
    [InlineData($"{All}<Status>Enabled</Status><Expiration/>", "MalformedXML")]
    [InlineData($"{All}<Status>Enabled</Status><Expiration><Days>0</Days></Expiration>", "InvalidArgument")]
    [InlineData($"{All}<Status>Enabled</Status><Expiration><Days>x</Days></Expiration>", "MalformedXML")]
    [InlineData($"{All}<Status>Enabled</Status><Expiration><Date>20200101</Date></Expiration>", "MalformedXML")]
    [InlineData(
        $"{All}<Status>Enabled</Status><Expiration><Date>2020-01-01T01:00:00Z</Date></Expiration>",
        "InvalidArgument"
    )]
    [InlineData(
        $"{All}<Status>Enabled</Status><NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays>"
            + "</NoncurrentVersionExpiration>",
        "InvalidArgument"
    )]
    [InlineData(
        "<Filter><Tag><Key>k</Key><Value/></Tag></Filter><Status>Enabled</Status><AbortIncompleteMultipartUpload>"
            + "<DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
        "InvalidRequest"
    )]
    [InlineData(
        $"{All}<Status>Enabled</Status><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>",
        "NotImplemented"
    )]
    [InlineData(
        $"{All}<Status>Enabled</Status><Transition><Date>2020-01-01T01:00:00Z</Date></Transition>",
        "InvalidArgument"
    )]
    public async Task What_is_no_rule_is_refused(string rule, string code)
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Equal(code, (await bucket.Send("PUT", "?lifecycle", Document(rule))).Code);
    }

    [Fact]
    public async Task Names_of_rules_are_short_and_each_its_own()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        var rest = $"{All}<Status>Enabled</Status>{Expire}";
        Assert.Equal(200, await Put(bucket, $"<ID>{new string('a', 255)}</ID>{rest}"));
        Assert.Equal(400, await Put(bucket, $"<ID>{new string('a', 256)}</ID>{rest}"));
        Assert.Equal(400, await Put(bucket, $"<ID>a</ID>{rest}", $"<ID>a</ID>{rest}"));
        Assert.Equal("MalformedXML", (await bucket.Send("PUT", "?lifecycle", Document())).Code);
    }

    [Fact]
    public async Task Answers_tell_when_an_object_will_expire()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await Put(
            bucket,
            $"<ID>rule 1</ID><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Status>Enabled</Status>{Expire}"
        );
        var before = TimeProvider.System.GetUtcNow();
        var put = await bucket.Send("PUT", "/k", "text", ("x-amz-tagging", "k=v"));
        var header = put.Headers["x-amz-expiration"];
        Assert.EndsWith(", rule-id=\"rule%201\"", header);
        var at = DateTimeOffset.Parse(header.Split('"')[1], CultureInfo.InvariantCulture);
        Assert.Equal((TimeSpan.Zero, 1), (at.TimeOfDay, (at - before).Days));
        foreach (var method in new[] { "GET", "HEAD" })
            Assert.Equal(header, (await bucket.Send(method, "/k")).Headers["x-amz-expiration"]);
        await bucket.Send("DELETE", "/k?tagging");
        Assert.DoesNotContain("x-amz-expiration", (await bucket.Send("GET", "/k")).Headers.Keys);
        Assert.DoesNotContain("x-amz-expiration", (await bucket.Send("PUT", "/other", "x")).Headers.Keys);
    }

    static async Task<int> Put(VersionedBucket bucket, params string[] rules) =>
        (await bucket.Send("PUT", "?lifecycle", Document(rules))).Status;

    static string Document(params string[] rules) =>
        $"<LifecycleConfiguration>{string.Concat(rules.Select(r => $"<Rule>{r}</Rule>"))}</LifecycleConfiguration>";
}
