using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Varve.Workers.Tests.Notifications;

/// <summary>Somebody's HTTP server, which takes events, refuses them, does not answer, or is not there.</summary>
sealed class HookServer : IAsyncDisposable
{
    readonly ConcurrentQueue<JsonElement> taken = new();
    readonly int port;
    CancellationTokenSource stop = new();
    HttpListener listener;
    Task serving;
    int asked;

    public HookServer()
    {
        port = FreePort();
        (listener, serving) = Listen();
    }

    public Uri Url => new($"http://127.0.0.1:{port}/events?from=varve");

    /// <summary>What it answers; null for nothing, ever.</summary>
    public int? Status { get; set; } = 204;

    /// <summary>The events of one key that it answers with 422, whatever it answers else.</summary>
    public string? RefusedKey { get; set; }

    /// <summary>Requests so far, with those that it refused.</summary>
    public int Asked => Volatile.Read(ref asked);

    public string? Authorization { get; private set; }

    /// <summary>What it answered with 2xx, in its order.</summary>
    public IReadOnlyList<JsonElement> Taken => [.. taken];

    /// <summary>Keys of the records that it took, in its order.</summary>
    public IReadOnlyList<string> Keys => [.. taken.Where(IsRecord).Select(KeyOf)];

    public static bool IsRecord(JsonElement message) => message.TryGetProperty("Records", out _);

    static string KeyOf(JsonElement message) =>
        Record(message).GetProperty("s3").GetProperty("object").GetProperty("key").GetString()!;

    public static JsonElement Record(JsonElement message) => message.GetProperty("Records").EnumerateArray().Single();

    public async Task Leave()
    {
        await stop.CancelAsync();
        listener.Close();
        await serving;
        stop.Dispose();
    }

    public void ComeBack()
    {
        stop = new();
        (listener, serving) = Listen();
    }

    public async ValueTask DisposeAsync() => await Leave();

    (HttpListener, Task) Listen()
    {
        var made = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}/" } };
        made.Start();
        return (made, Task.Run(() => Serve(made, stop.Token)));
    }

    async Task Serve(HttpListener from, CancellationToken left)
    {
        var under = new List<Task>();
        while (!left.IsCancellationRequested)
            try
            {
                under.Add(Answer(await from.GetContextAsync(), left));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // It was told to leave, or a client went away.
            }
        await Task.WhenAll(under).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task Answer(HttpListenerContext http, CancellationToken left)
    {
        Interlocked.Increment(ref asked);
        if (Status is not { } status)
        {
            await Task.Delay(Timeout.Infinite, left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        using var body = await JsonDocument.ParseAsync(http.Request.InputStream, cancellationToken: left);
        Authorization = http.Request.Headers["Authorization"];
        if (RefusedKey is { } refused && IsRecord(body.RootElement) && KeyOf(body.RootElement) == refused)
            status = 422;
        if (status < 300)
            taken.Enqueue(body.RootElement.Clone());
        http.Response.StatusCode = status;
        http.Response.RedirectLocation = status / 100 == 3 ? $"http://127.0.0.1:{port}/elsewhere" : null;
        http.Response.Close();
    }

    static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
