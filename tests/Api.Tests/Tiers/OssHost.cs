using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Tests.S3;
using Varve.Tiers.S3;

namespace Varve.Api.Tests.Tiers;

/// <summary>
/// Stands in for Aliyun OSS: Varve's own S3 surface behind a gate that refuses what OSS refuses, and misbehaves when it
/// is told to.
/// </summary>
/// <seealso href="https://www.alibabacloud.com/help/en/oss/user-guide/0017-00000804"/>
/// <seealso href="https://www.alibabacloud.com/help/en/oss/developer-reference/use-aws-sdks-to-access-oss"/>
public sealed class OssHost : IAsyncLifetime
{
    const string Domain = "s3.test";

    readonly S3Host varve;
    readonly ConcurrentQueue<(Func<HttpRequest, bool> Which, Func<HttpContext, RequestDelegate, Task> What)> faults =
        new();
    readonly ConcurrentQueue<string> refused = new();

    public OssHost() => varve = new() { Before = web => web.Use(next => http => Gate(http, next)) };

    /// <summary>What the gate refused.</summary>
    public IReadOnlyCollection<string> Refused => refused;

    public ValueTask InitializeAsync() => varve.InitializeAsync();

    public ValueTask DisposeAsync() => varve.DisposeAsync();

    /// <summary>Does something to the next request of a kind, once.</summary>
    public void Next(Func<HttpRequest, bool> which, Func<HttpContext, RequestDelegate, Task> what) =>
        faults.Enqueue((which, what));

    /// <summary>Whether all that was asked for has happened.</summary>
    public bool Done => faults.IsEmpty;

    public S3TierOptions OptionsOf(string bucket) =>
        new()
        {
            Name = "oss",
            Endpoint = new($"http://{Domain}:{varve.Url.Port}"),
            AccessKey = "ana",
            SecretKey = S3Host.SecretOf("ana"),
            Bucket = bucket,
            Region = "cn-hangzhou",
            Addressing = S3Addressing.Virtual,
            PartBytes = S3TierOptions.PartBytesMin,
            Connect = Connect,
        };

    public S3Tier Open(string bucket) => Open(OptionsOf(bucket));

    public static S3Tier Open(S3TierOptions options) => new(options, TimeProvider.System, NullLogger<S3Tier>.Instance);

    /// <summary>Every bucket's name leads here.</summary>
    static async ValueTask<Stream> Connect(DnsEndPoint to, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, to.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    Task Gate(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.Server = "AliyunOSS";
        headers["x-oss-request-id"] = http.TraceIdentifier;
        headers["x-oss-server-time"] = "1";
        if (Refusal(http.Request) is var (status, code, message))
        {
            refused.Enqueue($"{http.Request.Method} {http.Request.Host} {http.Request.QueryString}: {message}");
            return Refuse(http, status, code, message);
        }
        if (faults.TryPeek(out var fault) && fault.Which(http.Request) && faults.TryDequeue(out fault))
            return fault.What(http, next);
        return next(http);
    }

    static (int Status, string Code, string Message)? Refusal(HttpRequest request)
    {
        var headers = request.Headers;
        if (!request.Host.Host.EndsWith($".{Domain}", StringComparison.Ordinal))
            return (
                403,
                "SecondLevelDomainForbidden",
                "The bucket you are attempting to access must be addressed using OSS third level domain."
            );
        var payload = headers["x-amz-content-sha256"].ToString();
        if (
            headers.ContentEncoding.ToString().Contains("aws-chunked", StringComparison.Ordinal)
                ? payload != "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
                : payload.StartsWith("STREAMING-", StringComparison.Ordinal)
        )
            return (
                400,
                "InvalidArgument",
                "aws-chunked encoding is not supported with the specified x-amz-content-sha256 value."
            );
        if (headers.Keys.FirstOrDefault(IsOfChecksums) is { } checksum)
            return (400, "InvalidArgument", $"{checksum} is not supported.");
        if (request.Query.ContainsKey("delete") && headers.ContentMD5.Count == 0)
            return (400, "MissingArgument", "Missing Some Required Arguments.");
        return null;
    }

    static bool IsOfChecksums(string header) =>
        header.StartsWith("x-amz-checksum-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("x-amz-sdk-checksum-algorithm", StringComparison.OrdinalIgnoreCase)
        || header.Equals("x-amz-trailer", StringComparison.OrdinalIgnoreCase);

    public static async Task Refuse(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/xml";
        http.Response.Headers.Connection = "close"; // its body is not read
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.WriteAsync($"<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    }
}
