using Amazon.S3.Model;

namespace Varve.Api.Tests.S3;

public sealed class GetObjectTests(S3Host host)
{
    const string Digits = "0123456789";
    const string ETag = "\"781e5e245d69b566979b86e28d23f2c7\"";

    async Task<(RawS3 Raw, string Path)> Stored()
    {
        var path = $"/{await host.NewBucket()}/k";
        var raw = host.Raw("ana");
        Assert.Equal(200, (await raw.Send("PUT", path, "0123456789"u8.ToArray())).Status);
        return (raw, path);
    }

    [Theory]
    [InlineData("bytes=0-0", 206, "0", "bytes 0-0/10")]
    [InlineData("bytes=2-4", 206, "234", "bytes 2-4/10")]
    [InlineData("bytes=7-", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-30", 206, Digits, "bytes 0-9/10")]
    [InlineData("bytes=5-500", 206, "56789", "bytes 5-9/10")]
    [InlineData("bytes=4-2", 200, Digits, null)]
    [InlineData("bytes=0-1,3-4", 200, Digits, null)]
    [InlineData("lines=0-1", 200, Digits, null)]
    public async Task A_range_is_answered(string range, int status, string text, string? contentRange)
    {
        var (raw, path) = await Stored();
        var answer = await raw.Send("GET", path, null, ("range", range));
        Assert.Equal((status, text), (answer.Status, answer.Text));
        Assert.Equal(contentRange, answer.Headers.GetValueOrDefault("content-range"));
        var head = await raw.Send("HEAD", path, null, ("range", range));
        Assert.Equal((status, answer.Headers["content-length"]), (head.Status, head.Headers["content-length"]));
    }

    [Theory]
    [InlineData("bytes=10-"), InlineData("bytes=100-200"), InlineData("bytes=-0")]
    public async Task A_range_past_the_end_is_InvalidRange(string range)
    {
        var (raw, path) = await Stored();
        var answer = await raw.Send("GET", path, null, ("range", range));
        Assert.Equal((416, "InvalidRange"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("if-match", ETag, 200), InlineData("if-match", "\"other\"", 412), InlineData("if-match", "*", 200)]
    [InlineData("if-none-match", ETag, 304), InlineData("if-none-match", "\"other\"", 200)]
    [InlineData("if-modified-since", "Tue, 01 Jan 2030 00:00:00 GMT", 304)]
    [InlineData("if-modified-since", "Sat, 01 Jan 2000 00:00:00 GMT", 200)]
    [InlineData("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT", 412)]
    [InlineData("if-unmodified-since", "not a date", 200)]
    public async Task A_condition_decides(string name, string value, int status)
    {
        var (raw, path) = await Stored();
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await raw.Send(method, path, null, (name, value));
            Assert.Equal(status, answer.Status);
            if (status == 304)
                Assert.Equal((ETag, 0), (answer.Headers["etag"], answer.Body.Length));
        }
    }

    [Fact]
    public async Task A_condition_comes_before_a_range()
    {
        var (raw, path) = await Stored();
        var answer = await raw.Send("GET", path, null, ("if-match", "\"other\""), ("range", "bytes=100-"));
        Assert.Equal((412, "PreconditionFailed"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task What_is_not_there_is_NoSuchKey()
    {
        var path = $"/{await host.NewBucket()}/k";
        var answer = await host.Raw("ana").Send("GET", path);
        Assert.Equal((404, "NoSuchKey", path), (answer.Status, answer.Code, answer.Element("Resource")));
        Assert.Equal(answer.Headers["x-amz-request-id"], answer.Element("RequestId"));
        var head = await host.Raw("ana").Send("HEAD", path);
        Assert.Equal((404, 0), (head.Status, head.Body.Length));
    }

    [Fact]
    public async Task The_times_of_an_object_are_the_same_second_everywhere()
    {
        var (raw, path) = await Stored();
        var head = DateTimeOffset.Parse((await raw.Send("HEAD", path)).Headers["last-modified"], null);
        var list = await raw.Send("GET", $"{path[..^2]}?list-type=2");
        Assert.Equal(head, DateTimeOffset.Parse(list.Element("LastModified")!, null));
    }

    [Fact]
    public async Task An_answer_can_be_told_other_headers()
    {
        var (raw, path) = await Stored();
        var answer = await raw.Send(
            "GET",
            $"{path}?response-content-type=text%2Fhtml&response-content-disposition=a%0D%0Ab&response-expires=never"
        );
        Assert.Equal(("text/html", "never"), (answer.Headers["content-type"], answer.Headers["expires"]));
        Assert.Equal((200, "=?UTF-8?B?YQ0KYg==?="), (answer.Status, answer.Headers["content-disposition"]));
    }

    [Theory]
    [InlineData("partNumber=1", 206, ""), InlineData("partNumber=2", 400, "InvalidPart")]
    [InlineData("partNumber=0", 400, "InvalidArgument"), InlineData("partNumber=x", 400, "InvalidArgument")]
    [InlineData("versionId=null", 200, ""), InlineData("versionId=abc", 400, "InvalidArgument")]
    public async Task Parts_and_versions_of_a_plain_object(string query, int status, string code)
    {
        var (raw, path) = await Stored();
        var answer = await raw.Send("GET", $"{path}?{query}");
        Assert.Equal(status, answer.Status);
        if (status >= 400)
            Assert.Equal(code, answer.Code);
        else
            Assert.Equal(Digits, answer.Text);
    }

    [Fact]
    public async Task Whoever_has_a_link_may_read_until_it_expires()
    {
        var (_, path) = await Stored();
        using var ana = host.Client("ana");
        var url = await ana.GetPreSignedURLAsync(
            new GetPreSignedUrlRequest
            {
                BucketName = path.Split('/')[1],
                Key = "k",
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5),
                Protocol = Amazon.S3.Protocol.HTTP,
            }
        );
        using var http = new HttpClient();
        Assert.Equal(Digits, await http.GetStringAsync(new Uri(url), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_deleted_object_is_gone_and_deleting_it_again_is_fine()
    {
        var (raw, path) = await Stored();
        Assert.Equal(412, (await raw.Send("DELETE", path, null, ("if-match", "\"other\""))).Status);
        Assert.Equal(400, (await raw.Send("DELETE", $"{path}?versionId=abc")).Status);
        Assert.Equal(204, (await raw.Send("DELETE", path)).Status);
        Assert.Equal(204, (await raw.Send("DELETE", path)).Status);
        Assert.Equal(404, (await raw.Send("GET", path)).Status);
    }

    [Fact]
    public async Task Damaged_bytes_are_never_sent()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var bytes = System.Security.Cryptography.RandomNumberGenerator.GetBytes(400_000);
        var before = Files().ToHashSet();
        await raw.Send("PUT", $"/{bucket}/k", bytes);
        var file = Files()
            .Single(path => !before.Contains(path) && new FileInfo(path).Length is > 400_000 and < 410_000);
        await using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Position = 1000;
            stream.WriteByte((byte)(bytes[1000] + 1));
            stream.WriteByte((byte)(bytes[1001] + 1));
        }
        var damaged = await raw.Send("GET", $"/{bucket}/k");
        Assert.Equal((500, "InternalError"), (damaged.Status, damaged.Code));
        Assert.Single(host.Faults, fault => fault.Contains(damaged.Element("RequestId")!, StringComparison.Ordinal));

        await raw.Send("PUT", $"/{bucket}/k", bytes);
        Assert.Equal(bytes, (await raw.Send("GET", $"/{bucket}/k")).Body);
    }

    IEnumerable<string> Files() => Directory.EnumerateFiles(host.ContentsFolder, "*", SearchOption.AllDirectories);
}
