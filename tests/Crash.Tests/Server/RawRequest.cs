using System.Net.Sockets;
using System.Text;
using Varve.Load;

namespace Varve.Server.Tests;

/// <summary>A request written byte by byte, as no well-behaved client would.</summary>
public sealed class RawRequest : IDisposable
{
    readonly TcpClient client = new();
    NetworkStream stream = null!;

    public static async Task<RawRequest> Open(Uri server, CancellationToken cancel)
    {
        var request = new RawRequest();
        await request.client.ConnectAsync(server.Host, server.Port, cancel);
        request.stream = request.client.GetStream();
        return request;
    }

    /// <summary>Request line and headers of a signed S3 request, without the empty line at their end.</summary>
    public static string S3Head(Uri server, string method, string path, string query)
    {
        var signature = new SigV4(ServerProcess.Root, ServerProcess.Secret, "us-east-1", server.Authority);
        var (time, authorization) = signature.Sign(method, path, query, SigV4.Unsigned);
        var target = query.Length > 0 ? $"{path}?{query}" : path;
        return $"{method} {target} HTTP/1.1\r\nHost: {server.Authority}\r\nx-amz-date: {time}\r\n"
            + $"x-amz-content-sha256: {SigV4.Unsigned}\r\nAuthorization: {authorization}\r\n";
    }

    public async Task Send(string text, CancellationToken cancel) =>
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancel);

    public async Task Send(ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        await stream.WriteAsync(bytes, cancel);

    /// <summary>No more comes from here; answers can still be read.</summary>
    public void EndSending() => client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>All that the server says until it closes.</summary>
    public async Task<string> ReadToEnd(CancellationToken cancel)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(cancel);
    }

    /// <summary>Gone without a goodbye: a reset.</summary>
    public void Abort()
    {
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
    }

    public void Dispose() => client.Dispose();
}
