using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Varve.Api.Tests.S3.Protocol;

namespace Varve.Api.Tests.S3;

/// <summary>Requests exactly as they are written here, signed, each on its own connection: no library in between tidies
/// a target up or follows a rule that a test wants to break.</summary>
public sealed class RawS3(Uri url, string accessKey, string secretKey)
{
    static readonly (string, string)[] None = [];

    internal SigV4Signer Signer => new(accessKey, secretKey, "us-east-1", TimeProvider.System.GetUtcNow());

    /// <param name="target">Encoded path and query: <c>/b/k?acl</c>.</param>
    /// <param name="headers">Are signed too.</param>
    public Task<RawAnswer> Send(
        string method,
        string target,
        byte[]? body = null,
        params (string Name, string Value)[] headers
    )
    {
        var signed = new HeaderDictionary { ["host"] = url.Authority };
        foreach (var (name, value) in headers)
            signed[name] = value;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        var query = question < 0 ? None : Parse(target[(question + 1)..]);
        Signer.SignHeaders(method, path, query, signed, SigV4Signer.HashHex(body ?? []));
        return Exchange(method, target, signed, body ?? []);
    }

    /// <summary>As somebody without a signature.</summary>
    public Task<RawAnswer> SendUnsigned(
        string method,
        string target,
        byte[]? body = null,
        params (string Name, string Value)[] headers
    )
    {
        var plain = new HeaderDictionary { ["host"] = url.Authority };
        foreach (var (name, value) in headers)
            plain[name] = value;
        return Exchange(method, target, plain, body ?? []);
    }

    /// <summary>Sends headers as they are, without adding a signature.</summary>
    public async Task<RawAnswer> Exchange(string method, string target, IHeaderDictionary headers, byte[] body)
    {
        if (!headers.ContainsKey("content-length") && (body.Length > 0 || method is "PUT" or "POST"))
            headers["content-length"] = body.Length.ToString(CultureInfo.InvariantCulture);
        using var socket = new TcpClient();
        await socket.ConnectAsync(url.Host, url.Port);
        await using var wire = socket.GetStream();
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\n");
        foreach (var (name, value) in headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append("connection: close\r\n\r\n");
        await wire.WriteAsync(Encoding.UTF8.GetBytes(head.ToString()));
        if (!headers.ContainsKey("expect"))
            await wire.WriteAsync(body);
        return await RawAnswer.Read(wire, method);
    }

    static (string, string)[] Parse(string query) =>
        [
            .. query
                .Split('&')
                .Select(pair => pair.Split('=', 2))
                .Select(pair =>
                    (Uri.UnescapeDataString(pair[0]), pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "")
                ),
        ];
}

public sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public XElement Xml => XElement.Parse(Text);

    /// <summary>Of an error; empty for none.</summary>
    public string Code => Body.Length == 0 ? "" : (string?)Xml.Element("Code") ?? "";

    /// <summary>The text of the first element of that name, wherever it is.</summary>
    public string? Element(string name) => Xml.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value;

    public IReadOnlyList<string> Elements(string name) =>
        [.. Xml.Descendants().Where(e => e.Name.LocalName == name).Select(e => e.Value)];

    internal static async Task<RawAnswer> Read(Stream wire, string method)
    {
        var bytes = await ReadWhole(wire);
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end >= 0, "No answer.");
        var lines = Encoding.UTF8.GetString(bytes, 0, end).Split("\r\n");
        var headers = lines
            .Skip(1)
            .Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair.Length > 1 ? pair[1] : "", StringComparer.OrdinalIgnoreCase);
        var body = bytes[(end + 4)..];
        if (headers.TryGetValue("transfer-encoding", out var coding) && coding == "chunked" && method != "HEAD")
            body = Dechunk(body);
        return new(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers, body);
    }

    /// <summary>To the end of the connection, or of a body in chunks: a server may wait a while for a request's body
    /// that never comes.</summary>
    static async Task<byte[]> ReadWhole(Stream wire)
    {
        var (all, buffer) = (new MemoryStream(), new byte[64 * 1024]);
        while (await wire.ReadAsync(buffer) is > 0 and var read)
        {
            all.Write(buffer, 0, read);
            var bytes = all.GetBuffer().AsSpan(0, (int)all.Length);
            if (
                bytes.EndsWith("\r\n0\r\n\r\n"u8) && bytes.IndexOf("Transfer-Encoding: chunked\r\n"u8) is > 0 and < 1000
            )
                break;
        }
        return all.ToArray();
    }

    static byte[] Dechunk(byte[] body)
    {
        var whole = new MemoryStream();
        for (var at = 0; at < body.Length; )
        {
            var line = body.AsSpan(at).IndexOf("\r\n"u8);
            var size = int.Parse(
                Encoding.ASCII.GetString(body, at, line),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture
            );
            whole.Write(body, at + line + 2, size);
            at += line + 2 + size + 2;
        }
        return whole.ToArray();
    }
}
