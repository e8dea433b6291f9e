using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Varve.Api.Rest;

namespace Varve.Api.Tests.Rest;

public sealed partial class DocumentTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task Every_operation_is_in_the_document_with_its_parameters()
    {
        var paths = JsonDocument
            .Parse(await server.Client.GetStringAsync("/openapi/v1.json", Cancel))
            .RootElement.GetProperty("paths");
        Assert.Equal(
            RestOperations.All.Select(row => row.Path).Distinct().Order(),
            paths.EnumerateObject().Select(p => p.Name).Order()
        );
        foreach (var row in RestOperations.All)
        foreach (var method in row.MethodList)
        {
            var operation = paths.GetProperty(row.Path).GetProperty(method.ToLowerInvariant());
            Assert.Equal(row.Summary, operation.GetProperty("summary").GetString());
            var parameters = operation.TryGetProperty("parameters", out var list) ? list.EnumerateArray() : default;
            Assert.Equal(
                row.ParameterList.Select(p => p.Name),
                parameters.Select(p => p.GetProperty("name").GetString())
            );
            Assert.True(operation.GetProperty("responses").TryGetProperty("200", out _));
            Assert.True(operation.GetProperty("responses").TryGetProperty("default", out _));
            Assert.Equal(row.Access != Access.All, operation.TryGetProperty("security", out _));
        }
    }

    [Fact]
    public async Task Fields_are_named_in_the_document_as_they_go_out()
    {
        var text = await server.Client.GetStringAsync("/openapi/v1.json", Cancel);
        foreach (
            var field in (string[])["FileSha1", "UploadID", "ChunkExists", "AccessKey", "Nonce", "LastUpdated", "code"]
        )
            Assert.Contains($"\"{field}\"", text);
        Assert.DoesNotContain("\"fileSha1\"", text);
    }

    /// <summary>Rows of the design's table, with what is there beyond them.</summary>
    [Theory]
    [InlineData("POST", "/user/signup")]
    [InlineData("POST", "/user/signin")]
    [InlineData("POST", "/user/signout")]
    [InlineData("GET", "/user/info")]
    [InlineData("GET", "/user/keys")]
    [InlineData("POST", "/user/keys")]
    [InlineData("POST", "/user/keys/revoke")]
    [InlineData("GET", "/file/upload")]
    [InlineData("POST", "/file/upload")]
    [InlineData("GET", "/file/upload/success")]
    [InlineData("GET", "/file/meta")]
    [InlineData("GET", "/file/query")]
    [InlineData("GET", "/file/download")]
    [InlineData("HEAD", "/file/download")]
    [InlineData("POST", "/file/update")]
    [InlineData("POST", "/file/delete")]
    [InlineData("POST", "/file/restore")]
    [InlineData("GET", "/file/history")]
    [InlineData("POST", "/file/fastupload")]
    [InlineData("POST", "/file/mpupload/init")]
    [InlineData("POST", "/file/mpupload/uppart")]
    [InlineData("POST", "/file/mpupload/complete")]
    [InlineData("POST", "/file/mpupload/cancel")]
    [InlineData("GET", "/file/mpupload/status")]
    public async Task Every_row_of_the_contract_answers(string method, string path)
    {
        Assert.Single(RestOperations.All, row => row.Path == path && row.MethodList.Contains(method));
        var answer = await server.Client.SendAsync(new(new HttpMethod(method), path), Cancel);
        Assert.NotEqual(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.NotEqual(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task The_pages_load_nothing_from_elsewhere()
    {
        foreach (var path in (string[])["/", "/file/upload", "/reference/"])
        {
            var page = await server.Client.GetAsync(path, Cancel);
            Assert.StartsWith("default-src 'self';", page.Headers.GetValues("Content-Security-Policy").Single());
        }
        foreach (var path in (string[])["/", "/varve.js", "/varve.css", "/reference/", "/file/upload"])
        {
            var text = await server.Client.GetStringAsync(path, Cancel);
            Assert.DoesNotMatch(LoadsFromElsewhere(), text);
        }
    }

    [Fact]
    public async Task A_file_of_the_page_that_did_not_change_is_not_sent_again()
    {
        var first = await server.Client.GetAsync("/varve.css", Cancel);
        Assert.Equal("text/css", first.Content.Headers.ContentType!.MediaType);
        var request = new HttpRequestMessage(HttpMethod.Get, "/varve.css");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await server.Client.SendAsync(request, Cancel)).StatusCode);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex("""(src|href)=["'](https?:)?//|@import|url\(["']?https?:""", RegexOptions.IgnoreCase)]
    private static partial Regex LoadsFromElsewhere();
}
