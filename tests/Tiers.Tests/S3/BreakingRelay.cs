using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Varve.Tiers.Tests.S3;

/// <summary>
/// A way to an HTTP server on which answers break off where a test says so. Clients must send the head of a
/// request in one piece.
/// </summary>
sealed class BreakingRelay : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly Uri server;
    readonly Func<string, int?> answerMax;
    readonly Func<string, bool> refused;
    readonly Task accepting;

    /// <param name="answerMax">By the head of a request: after how many bytes of its answer the connection ends; null
    /// for never.</param>
    /// <param name="refused">Requests that do not get to the server; null for none.</param>
    public BreakingRelay(Uri server, Func<string, int?> answerMax, Func<string, bool>? refused = null)
    {
        (this.server, this.answerMax, this.refused) = (server, answerMax, refused ?? (_ => false));
        listener.Start();
        accepting = Accept();
    }

    public Uri Url => new($"http://{listener.LocalEndpoint}/");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        listener.Dispose();
        stop.Dispose();
    }

    async Task Accept()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(Serve(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        finally
        {
            await Task.WhenAll(connections);
        }
    }

    async Task Serve(TcpClient client)
    {
        using var to = client;
        using var from = new TcpClient();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        await from.ConnectAsync(server.Host, server.Port, ended.Token);
        var left = int.MaxValue;
        var (requests, answers) = (Requests(), Answers());
        await Task.WhenAny(requests, answers);
        await ended.CancelAsync();
        await Task.WhenAll(requests, answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task Requests()
        {
            var buffer = new byte[64 * 1024];
            while (await to.GetStream().ReadAsync(buffer, ended.Token) is > 0 and var read)
            {
                var head = Encoding.ASCII.GetString(buffer, 0, read);
                var begins = head.Contains(" HTTP/1.1\r\n", StringComparison.Ordinal);
                if (begins && refused(head))
                    return;
                if (begins)
                    Volatile.Write(ref left, answerMax(head) ?? int.MaxValue);
                await from.GetStream().WriteAsync(buffer.AsMemory(0, read), ended.Token);
            }
        }

        async Task Answers()
        {
            var buffer = new byte[64 * 1024];
            while (await from.GetStream().ReadAsync(buffer, ended.Token) is > 0 and var read)
            {
                var passed = Math.Min(read, Volatile.Read(ref left));
                await to.GetStream().WriteAsync(buffer.AsMemory(0, passed), ended.Token);
                if (passed < read)
                    return;
                if (Volatile.Read(ref left) != int.MaxValue)
                    Interlocked.Add(ref left, -passed);
            }
        }
    }
}
