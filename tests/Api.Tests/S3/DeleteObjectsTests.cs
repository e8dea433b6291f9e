using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Model;

namespace Varve.Api.Tests.S3;

public sealed class DeleteObjectsTests(S3Host host)
{
    static readonly byte[] Two = Encoding.UTF8.GetBytes(
        "<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>never</Key></Object></Delete>"
    );

    [Fact]
    public async Task The_sdk_deletes_what_it_put()
    {
        var bucket = await host.NewBucket();
        await host.Raw("ana").Send("PUT", $"/{bucket}/k", []);
        using var ana = host.Client("ana");
        var answer = await ana.DeleteObjectsAsync(
            new DeleteObjectsRequest { BucketName = bucket, Objects = [new() { Key = "k" }, new() { Key = "l" }] },
            TestContext.Current.CancellationToken
        );
        Assert.Equal(["k", "l"], answer.DeletedObjects.Select(d => d.Key));
        Assert.Equal(404, (await host.Raw("ana").Send("HEAD", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task A_key_is_deleted_whether_it_was_there_or_not()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/a%26b", []);
        var answer = await raw.Send("POST", $"/{bucket}?delete", Two);
        Assert.Equal(["a&b", "never"], answer.Elements("Key"));
        Assert.Equal(404, (await raw.Send("HEAD", $"/{bucket}/a%26b")).Status);
        Assert.Contains("x-varve-position", answer.Headers.Keys);
    }

    [Fact]
    public async Task Quietly_only_what_failed_is_told()
    {
        var bucket = await host.NewBucket();
        var body = """
            <Delete><Quiet>true</Quiet><Object><Key>a</Key></Object>
            <Object><Key>b</Key><VersionId>x</VersionId></Object>
            <Object><Key>c</Key><ETag>"d"</ETag></Object></Delete>
            """;
        await host.Raw("ana").Send("PUT", $"/{bucket}/c", []);
        var answer = await host.Raw("ana").Send("POST", $"/{bucket}?delete", Encoding.UTF8.GetBytes(body));
        Assert.Equal(["b", "c"], answer.Elements("Key"));
        Assert.Equal(["InvalidArgument", "PreconditionFailed"], answer.Elements("Code"));
    }

    [Theory]
    [InlineData("<ETag>{0}</ETag>", true), InlineData("<ETag>other</ETag>", false)]
    [InlineData("<LastModifiedTime>{1}</LastModifiedTime>", true)]
    [InlineData("<LastModifiedTime>Sat, 01 Jan 2000 00:00:00 GMT</LastModifiedTime>", false)]
    [InlineData("<LastModifiedTime>2000-01-01T00:00:00Z</LastModifiedTime>", false)]
    [InlineData("<Size>0</Size>", true), InlineData("<Size>1</Size>", false)]
    public async Task Each_delete_can_depend_on_what_is_there(string condition, bool holds)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var etag = (await raw.Send("PUT", $"/{bucket}/k", [])).Headers["etag"];
        var made = (await raw.Send("HEAD", $"/{bucket}/k")).Headers["last-modified"];
        var body = $"<Delete><Object><Key>k</Key>{string.Format(null, condition, etag, made)}</Object></Delete>";
        var answer = await raw.Send("POST", $"/{bucket}?delete", Encoding.UTF8.GetBytes(body));
        Assert.Equal(holds ? null : "PreconditionFailed", answer.Element("Code"));
        Assert.Equal(holds ? 404 : 200, (await raw.Send("HEAD", $"/{bucket}/k")).Status);
    }

    [Theory]
    [InlineData("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest")]
    [InlineData("content-md5", "x", "InvalidDigest")]
    [InlineData("x-amz-checksum-crc32", "AAAAAA==", "BadDigest")]
    public async Task A_wrong_digest_deletes_nothing(string name, string value, string code)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/never", []);
        Assert.Equal(code, (await raw.Send("POST", $"/{bucket}?delete", Two, (name, value))).Code);
        Assert.Equal(200, (await raw.Send("HEAD", $"/{bucket}/never")).Status);
    }

    [Fact]
    public async Task A_right_digest_is_taken()
    {
        var md5 = Convert.ToBase64String(MD5.HashData(Two));
        var answer = await host.Raw("ana").Send("POST", $"/{await host.NewBucket()}?delete", Two, ("content-md5", md5));
        Assert.Equal(200, answer.Status);
    }

    [Theory, InlineData("<Delete></Delete>"), InlineData("<Delete>"), InlineData("<Other/>"), InlineData("")]
    [InlineData("<!DOCTYPE x [<!ENTITY y \"z\">]><Delete><Object><Key>&y;</Key></Object></Delete>")]
    public async Task A_document_that_says_nothing_is_MalformedXML(string body)
    {
        var answer = await host.Raw("ana")
            .Send("POST", $"/{await host.NewBucket()}?delete", Encoding.UTF8.GetBytes(body));
        Assert.Equal((400, "MalformedXML"), (answer.Status, answer.Code));
    }
}
