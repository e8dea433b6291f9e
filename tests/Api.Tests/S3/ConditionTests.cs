using System.Globalization;

namespace Varve.Api.Tests.S3;

/// <summary>Reads and writes that depend on what is there.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html"/>
public sealed class ConditionTests(S3Host host)
{
    static readonly byte[] Hello = "hello"u8.ToArray();

    async Task<(RawS3 Raw, string Path, string ETag, string Modified)> Stored()
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        var etag = (await raw.Send("PUT", path, Hello)).Headers["etag"];
        return (raw, path, etag, (await raw.Send("HEAD", path)).Headers["last-modified"]);
    }

    static string Later(string date, int seconds) =>
        DateTimeOffset.Parse(date, CultureInfo.InvariantCulture).AddSeconds(seconds).ToString("R");

    [Theory, InlineData("PUT"), InlineData("GET"), InlineData("DELETE")]
    public async Task An_etag_counts_with_quotes_and_without(string method)
    {
        foreach (var quoted in (bool[])[true, false])
        {
            var (raw, path, etag, _) = await Stored();
            var tag = quoted ? etag : etag.Trim('"');
            var wrong = await raw.Send(
                method,
                path,
                method == "PUT" ? Hello : null,
                ("if-match", tag.Replace('5', '6'))
            );
            Assert.Equal((412, "PreconditionFailed"), (wrong.Status, wrong.Code));
            var right = await raw.Send(method, path, method == "PUT" ? Hello : null, ("if-match", tag));
            Assert.Equal(method == "DELETE" ? 204 : 200, right.Status);
        }
    }

    [Theory]
    [InlineData("if-none-match", "*", 412), InlineData("if-none-match", "{etag}", 412)]
    [InlineData("if-none-match", "other", 200), InlineData("if-match", "*", 200)]
    public async Task A_put_can_depend_on_what_is_not_there(string name, string value, int status)
    {
        var (raw, path, etag, _) = await Stored();
        value = value.Replace("{etag}", etag, StringComparison.Ordinal);
        Assert.Equal(status, (await raw.Send("PUT", path, Hello, (name, value))).Status);
        var missing = await raw.Send("PUT", path + "2", Hello, (name, value));
        Assert.Equal(name == "if-match" ? (404, "NoSuchKey") : (200, ""), (missing.Status, missing.Code));
    }

    [Fact]
    public async Task Of_twenty_racing_overwrites_exactly_one_wins()
    {
        var (raw, path, etag, _) = await Stored();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => raw.Send("PUT", path, [(byte)i], ("if-match", etag)))
        );
        var won = Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(
            answers.Where(answer => answer != won),
            answer =>
                Assert.Contains(
                    (answer.Status, answer.Code),
                    ((int, string)[])[(412, "PreconditionFailed"), (409, "ConditionalRequestConflict")]
                )
        );
        Assert.Equal(won.Headers["etag"], (await raw.Send("HEAD", path)).Headers["etag"]);
    }

    [Fact]
    public async Task A_completion_can_depend_on_the_version_that_is_there()
    {
        var (raw, path, etag, _) = await Stored();
        var begun = await raw.Send("POST", $"{path}?uploads");
        var upload = new OpenUpload(raw, path, begun.Element("UploadId")!);
        var document = OpenUpload.Document([(1, await upload.Put(1, "part"u8.ToArray()))]);
        var wrong = await raw.Send("POST", upload.Target, document, ("if-match", "other"));
        Assert.Equal((412, "PreconditionFailed"), (wrong.Status, wrong.Code));
        var right = await raw.Send("POST", upload.Target, document, ("if-match", etag.Trim('"')));
        Assert.Equal((200, ""), (right.Status, right.Code));
        Assert.Equal("part", (await raw.Send("GET", path)).Text);
    }

    [Theory]
    [InlineData("x-amz-if-match-size", "5", 204), InlineData("x-amz-if-match-size", "6", 412)]
    [InlineData("x-amz-if-match-size", "x", 400), InlineData("x-amz-if-match-last-modified-time", "{modified}", 204)]
    [InlineData("x-amz-if-match-last-modified-time", "{later}", 412)]
    [InlineData("x-amz-if-match-last-modified-time", "soon", 400), InlineData("if-match", "*", 204)]
    public async Task A_delete_can_depend_on_more(string name, string value, int status)
    {
        var (raw, path, _, modified) = await Stored();
        value = value
            .Replace("{modified}", modified, StringComparison.Ordinal)
            .Replace("{later}", Later(modified, 5), StringComparison.Ordinal);
        Assert.Equal(status, (await raw.Send("DELETE", path, null, (name, value))).Status);
        Assert.Equal(status == 204 ? 404 : 200, (await raw.Send("HEAD", path)).Status);
        if (status == 204)
            Assert.Equal(204, (await raw.Send("DELETE", path, null, (name, value))).Status);
    }

    [Theory]
    [InlineData("if-match", "{etag}", true), InlineData("if-match", "other", false)]
    [InlineData("if-none-match", "{etag}", false), InlineData("if-none-match", "other", true)]
    [InlineData("if-modified-since", "{earlier}", true), InlineData("if-modified-since", "{modified}", false)]
    [InlineData("if-unmodified-since", "{modified}", true), InlineData("if-unmodified-since", "{earlier}", false)]
    public async Task A_copy_can_depend_on_its_source(string name, string value, bool holds)
    {
        var (raw, path, etag, modified) = await Stored();
        value = value
            .Replace("{etag}", etag, StringComparison.Ordinal)
            .Replace("{modified}", modified, StringComparison.Ordinal)
            .Replace("{earlier}", Later(modified, -5), StringComparison.Ordinal);
        var begun = await raw.Send("POST", $"{path}3?uploads");
        foreach (var target in (string[])[path + "2", $"{path}3?partNumber=1&uploadId={begun.Element("UploadId")}"])
        {
            var copy = await raw.Send(
                "PUT",
                target,
                null,
                ("x-amz-copy-source", path),
                ($"x-amz-copy-source-{name}", value)
            );
            Assert.Equal(holds ? (200, "") : (412, "PreconditionFailed"), (copy.Status, copy.Code));
        }
    }

    [Fact]
    public async Task A_copy_can_depend_on_its_destination()
    {
        var (raw, path, etag, _) = await Stored();
        foreach (
            var (name, value, status) in ((string, string, int)[])
                [
                    ("if-none-match", "*", 200),
                    ("if-none-match", "*", 412),
                    ("if-match", etag, 200),
                    ("if-match", "x", 412),
                ]
        )
            Assert.Equal(
                status,
                (await raw.Send("PUT", path + "2", null, ("x-amz-copy-source", path), (name, value))).Status
            );
    }
}
