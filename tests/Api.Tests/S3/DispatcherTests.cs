using Microsoft.AspNetCore.Http;
using Varve.Api.Tests.S3.Protocol;

namespace Varve.Api.Tests.S3;

public sealed class DispatcherTests(S3Host host)
{
    [Theory]
    [
        InlineData("/%zz", 400, "InvalidURI"),
        InlineData("/b/%ff", 400, "InvalidURI"),
        InlineData("//k", 400, "InvalidBucketName")
    ]
    public async Task A_target_that_cannot_be_read_is_refused(string target, int status, string code)
    {
        var headers = new HeaderDictionary { ["host"] = host.Url.Authority };
        var answer = await host.Raw("ana").Exchange("GET", target, headers, []);
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_wrong_secret_or_an_unknown_key_is_refused()
    {
        var wrong = await new RawS3(host.Url, "ana", "guessed").Send("GET", "/");
        Assert.Equal((403, "SignatureDoesNotMatch"), (wrong.Status, wrong.Code));
        var unknown = await new RawS3(host.Url, "eve", "guessed").Send("GET", "/");
        Assert.Equal((403, "InvalidAccessKeyId"), (unknown.Status, unknown.Code));
    }

    [Fact]
    public async Task A_virtual_host_is_a_bucket()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("PUT", $"/{bucket}/k", "hello"u8.ToArray());
        var headers = new HeaderDictionary { ["host"] = $"{bucket}.s3.test" };
        raw.Signer.SignHeaders("GET", "/k", [], headers, SigV4Signer.HashHex([]));
        Assert.Equal("hello", (await raw.Exchange("GET", "/k", headers, [])).Text);
    }

    [Theory]
    [InlineData("PATCH", "/{bucket}/k"), InlineData("DELETE", "/")]
    public async Task A_method_that_nobody_answers_is_405(string method, string target)
    {
        var bucket = await host.NewBucket();
        var answer = await host.Raw("ana").Send(method, target.Replace("{bucket}", bucket, StringComparison.Ordinal));
        Assert.Equal((405, "MethodNotAllowed"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_refused_upload_spoils_nothing_on_its_connection()
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });
        var cancel = TestContext.Current.CancellationToken;
        var bucket = await host.NewBucket();
        for (var i = 0; i < 3; i++)
        {
            using var body = new ByteArrayContent(new byte[8 * 1024 * 1024]);
            var answer = await http.PutAsync(new Uri(host.Url, $"/{bucket}/k"), body, cancel);
            Assert.Equal(System.Net.HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains(
                "<Code>AccessDenied</Code>",
                await answer.Content.ReadAsStringAsync(cancel),
                StringComparison.Ordinal
            );
        }
    }
}
