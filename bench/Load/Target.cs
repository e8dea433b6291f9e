using System.Net;

namespace Varve.Load;

/// <summary>The server said no, or said something that can't be right.</summary>
public sealed class ReplyException(string message) : Exception(message)
{
    /// <summary>Null where that was no reply's.</summary>
    public HttpStatusCode? Status { get; init; }
}

/// <summary>One server, spoken to over kept-alive HTTP/1.1 connections, path-style. Thread-safe.</summary>
public sealed class Target : IDisposable
{
    readonly HttpMessageInvoker _http;
    readonly SigV4? _signature;
    readonly string _root;

    /// <param name="connections">The most to open; requests past it wait.</param>
    public Target(Endpoint endpoint, string region, int connections)
    {
        Endpoint = endpoint;
        _root = endpoint.Url.GetLeftPart(UriPartial.Authority);
        _signature = endpoint.Plain
            ? null
            : new SigV4(endpoint.Access, endpoint.Secret, region, endpoint.Url.Authority);
        _http = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                MaxConnectionsPerServer = connections,
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ActivityHeadersPropagator = null,
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
                ConnectTimeout = TimeSpan.FromSeconds(10),
            }
        );
    }

    public Endpoint Endpoint { get; }

    /// <summary>The path of a key; keys here need no escapes.</summary>
    public string PathOf(string key) => $"/{Endpoint.Bucket}/{key}";

    /// <summary>Sends and returns any reply, headers read, body not.</summary>
    /// <param name="query">URI-encoded, sorted by name.</param>
    /// <param name="payloadHash">SHA-256 of the content in hex, or <see cref="SigV4.Unsigned"/>.</param>
    public Task<HttpResponseMessage> Ask(
        HttpMethod method,
        string path,
        string query,
        HttpContent? content,
        string payloadHash,
        CancellationToken stop
    )
    {
        var url = query.Length == 0 ? _root + path : $"{_root}{path}?{query}";
        var request = new HttpRequestMessage(method, url) { Content = content, Version = HttpVersion.Version11 };
        if (_signature is not null)
        {
            var (time, authorization) = _signature.Sign(method.Method, path, query, payloadHash);
            request.Headers.TryAddWithoutValidation("x-amz-content-sha256", payloadHash);
            request.Headers.TryAddWithoutValidation("x-amz-date", time);
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        return _http.SendAsync(request, stop);
    }

    /// <summary>As <see cref="Ask"/>, but any status outside 200 to 299 throws.</summary>
    /// <exception cref="ReplyException">The status is not 2xx; the message quotes the reply.</exception>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method,
        string path,
        string query = "",
        HttpContent? content = null,
        string payloadHash = SigV4.Unsigned,
        CancellationToken stop = default
    )
    {
        var reply = await Ask(method, path, query, content, payloadHash, stop);
        if (reply.IsSuccessStatusCode)
            return reply;
        using (reply)
        {
            var text = (await reply.Content.ReadAsStringAsync(stop)).ReplaceLineEndings(" ");
            throw new ReplyException(
                $"{method} {path}{(query.Length > 0 ? "?" + query : "")}: "
                    + $"{(int)reply.StatusCode} {text[..Math.Min(text.Length, 300)]}"
            )
            {
                Status = reply.StatusCode,
            };
        }
    }

    /// <summary>Sends and returns the whole body as text.</summary>
    public async Task<string> Text(
        HttpMethod method,
        string path,
        string query,
        HttpContent? content,
        string payloadHash,
        CancellationToken stop
    )
    {
        using var reply = await Send(method, path, query, content, payloadHash, stop);
        return await reply.Content.ReadAsStringAsync(stop);
    }

    /// <summary>Makes the bucket unless it is there.</summary>
    public async Task EnsureBucket()
    {
        if (Endpoint.Plain)
            return;
        using var head = await Ask(HttpMethod.Head, $"/{Endpoint.Bucket}", "", null, SigV4.Unsigned, default);
        if (head.StatusCode == HttpStatusCode.NotFound)
            (await Send(HttpMethod.Put, $"/{Endpoint.Bucket}")).Dispose();
        else if (!head.IsSuccessStatusCode)
            throw new ReplyException($"HEAD /{Endpoint.Bucket}: {(int)head.StatusCode}");
    }

    public void Dispose() => _http.Dispose();
}
