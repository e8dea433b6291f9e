using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Varve.Load;

namespace Varve.Server.Tests;

/// <summary>A user signed in on the REST surface. Thread-safe.</summary>
public sealed class RestAccount : IDisposable
{
    readonly HttpClient http;

    RestAccount(HttpClient http, string name, string token)
    {
        (this.http, Name, Token) = (http, name, token);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    public string Name { get; }

    public string Token { get; }

    public HttpClient Http => http;

    /// <summary>Signs in, and up before that if the name is free.</summary>
    public static async Task<RestAccount> Open(Uri rest, string name, CancellationToken cancel)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = rest,
            Timeout = TimeSpan.FromMinutes(10),
        };
        var who = new Dictionary<string, string> { ["username"] = name, ["password"] = "pass-word-1" };
        using (var up = await http.PostAsync("/user/signup", new FormUrlEncodedContent(who), cancel))
            if (!up.IsSuccessStatusCode && up.StatusCode != HttpStatusCode.Conflict)
                throw new ReplyException($"signup: {(int)up.StatusCode} {await up.Content.ReadAsStringAsync(cancel)}");
        using var reply = await http.PostAsync("/user/signin", new FormUrlEncodedContent(who), cancel);
        var answer = await Json(reply, cancel);
        return new(http, name, answer.GetProperty("data").GetProperty(nameof(Token)).GetString()!);
    }

    /// <summary>Form upload, streamed.</summary>
    /// <returns>The FileMeta.</returns>
    public async Task<JsonElement> Upload(string name, HttpContent body, CancellationToken cancel)
    {
        using var form = new MultipartFormDataContent { { body, "file", name } };
        using var reply = await http.PostAsync("/file/upload", form, cancel);
        return await Json(reply, cancel);
    }

    /// <summary>Resumable upload, the last chunk first.</summary>
    public async Task UploadInParts(string name, Body body, int parallel, CancellationToken cancel)
    {
        var hash = Bodies.Sha1(body);
        var what = $"filehash={hash}&filesize={body.Size}&filename={Uri.EscapeDataString(name)}";
        var data = (await Post($"/file/mpupload/init?{what}", null, cancel)).GetProperty("data");
        var (id, chunk) = (data.GetProperty("UploadID").GetString(), data.GetProperty("ChunkSize").GetInt32());
        var count = data.GetProperty("ChunkCount").GetInt32();
        var limits = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancel };
        await Parallel.ForAsync(
            0,
            count,
            limits,
            async (i, stop) =>
            {
                var start = (long)(count - 1 - i) * chunk;
                var content = new BodyContent(body, start, Math.Min(chunk, body.Size - start));
                await Post($"/file/mpupload/uppart?uploadid={id}&index={count - i}", content, stop);
            }
        );
        await Post($"/file/mpupload/complete?uploadid={id}&{what}", null, cancel);
    }

    /// <exception cref="ReplyException">Any status but 2xx.</exception>
    public async Task<JsonElement> Post(string path, HttpContent? body, CancellationToken cancel)
    {
        using var reply = await http.PostAsync(path, body, cancel);
        return await Json(reply, cancel);
    }

    /// <exception cref="ReplyException">Any status but 2xx.</exception>
    public async Task<JsonElement> Get(string path, CancellationToken cancel)
    {
        using var reply = await http.GetAsync(path, cancel);
        return await Json(reply, cancel);
    }

    /// <summary>The answer to a download, headers read, body not.</summary>
    public Task<HttpResponseMessage> Download(string name, string sha1, CancellationToken cancel) =>
        http.GetAsync(
            $"/file/download?filehash={sha1}&filename={Uri.EscapeDataString(name)}",
            HttpCompletionOption.ResponseHeadersRead,
            cancel
        );

    public void Dispose() => http.Dispose();

    static async Task<JsonElement> Json(HttpResponseMessage reply, CancellationToken cancel)
    {
        var text = await reply.Content.ReadAsStringAsync(cancel);
        if (!reply.IsSuccessStatusCode)
            throw new ReplyException($"{reply.RequestMessage?.RequestUri}: {(int)reply.StatusCode} {text}")
            {
                Status = reply.StatusCode,
            };
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }
}
