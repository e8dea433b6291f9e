using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Varve.Api.Tests.Rest;

public sealed class FormUploadTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task A_browser_is_sent_to_the_success_page()
    {
        var user = await server.NewUser();
        var request = new HttpRequestMessage(HttpMethod.Post, "/file/upload")
        {
            Content = RestUser.FormOf(("hello.txt", "hello"u8.ToArray())),
        };
        var response = await user.Send(request);
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("/file/upload/success", response.Headers.Location!.ToString());
        Assert.Equal("Upload finished!", await server.Client.GetStringAsync(response.Headers.Location, Cancel));
        Assert.Contains("<html", await server.Client.GetStringAsync("/file/upload", Cancel));
    }

    [Theory]
    [InlineData("文件.txt", "文件.txt")]
    [InlineData("C:\\docs\\report.pdf", "report.pdf")]
    [InlineData("folder/inner.txt", "inner.txt")]
    [InlineData("a b+c%20d.txt", "a b+c%20d.txt")]
    public async Task A_file_keeps_the_last_part_of_its_name(string sent, string kept)
    {
        var user = await server.NewUser();
        var meta = await user.Upload(sent, Encoding.UTF8.GetBytes(sent));
        Assert.Equal(kept, meta.GetProperty("FileName").GetString());
    }

    [Fact]
    public async Task Fields_before_the_file_say_who_asks_and_what_it_is_called()
    {
        var user = await server.NewUser();
        var form = new MultipartFormDataContent
        {
            { new StringContent(user.Name), "username" },
            { new StringContent(user.Token), "token" },
            { new StringContent("folder/given.txt"), "filename" },
            { new ByteArrayContent("one"u8.ToArray()), "file", "one.txt" },
            { new ByteArrayContent("two"u8.ToArray()), "file", "two.txt" },
        };
        var request = new HttpRequestMessage(HttpMethod.Post, "/file/upload") { Content = form };
        request.Headers.Accept.ParseAdd("application/json");
        var metas = await (await server.Client.SendAsync(request, Cancel)).Json();
        Assert.Equal(
            ["folder/given.txt", "two.txt"],
            metas.EnumerateArray().Select(meta => meta.GetProperty("FileName").GetString())
        );
    }

    [Fact]
    public async Task Without_a_token_the_body_is_not_read()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, Cancel);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /file/upload HTTP/1.1\r\nHost: varve\r\nContent-Length: 1000000000\r\n"
                    + "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nbytes"
            ),
            Cancel
        );
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 401 Unauthorized", await reader.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task A_body_that_ends_too_soon_leaves_nothing()
    {
        var user = await server.NewUser();
        var cut = new ByteArrayContent(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cut.txt\"\r\n\r\nhalf a fi"u8.ToArray()
        );
        cut.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        var answer = await user.Send(new HttpRequestMessage(HttpMethod.Post, "/file/upload") { Content = cut });
        Assert.Equal(400, await answer.Refusal());
        Assert.Equal(404, await (await user.Get("/file/history", ("filename", "cut.txt"))).Refusal());
    }

    [Fact]
    public async Task A_form_without_a_file_or_of_another_kind_is_refused()
    {
        var user = await server.NewUser();
        var empty = new MultipartFormDataContent { { new StringContent("x"), "note" } };
        Assert.Equal(400, await (await Send(user, empty)).Refusal());
        var misnamed = new MultipartFormDataContent { { new ByteArrayContent([1]), "upload", "x.txt" } };
        Assert.Equal(400, await (await Send(user, misnamed)).Refusal());
        Assert.Equal(415, await (await Send(user, new StringContent("plain"))).Refusal());
        var tooLong = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", new string('x', 1025) } };
        Assert.Equal(400, await (await Send(user, tooLong)).Refusal());
    }

    [Fact]
    public async Task The_same_content_twice_is_stored_once_under_two_names()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var first = await user.Upload("first.bin", bytes);
        var second = await user.Upload("second.bin", bytes);
        Assert.Equal(first.GetProperty("Location").GetString(), second.GetProperty("Location").GetString());
        foreach (var name in (string[])["first.bin", "second.bin"])
        {
            var read = await user.Get("/file/download", ("filehash", bytes.Sha1()), ("filename", name));
            Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_large_file_comes_back_as_it_went()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(9 * 1024 * 1024 + 7);
        var meta = await user.Upload("large.bin", bytes);
        Assert.Equal(bytes.Sha1(), meta.GetProperty("FileSha1").GetString());
        var read = await user.Get("/file/download", ("filehash", bytes.Sha1()));
        Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal($"\"{Convert.ToHexStringLower(MD5.HashData(bytes))}\"", read.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task An_empty_file_is_a_file()
    {
        var user = await server.NewUser();
        var meta = await user.Upload("empty", []);
        Assert.Equal(0, meta.GetProperty("FileSize").GetInt64());
        var read = await user.Get("/file/download", ("filehash", Array.Empty<byte>().Sha1()));
        Assert.Empty(await read.Content.ReadAsByteArrayAsync(Cancel));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static Task<HttpResponseMessage> Send(RestUser user, HttpContent content) =>
        user.Send(new HttpRequestMessage(HttpMethod.Post, "/file/upload") { Content = content });
}
