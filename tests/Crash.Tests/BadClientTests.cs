using System.Net;
using System.Net.Sockets;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary>Clients that vanish, cheat and stall, against one server that must not care.</summary>
public sealed class BadClientTests : IAsyncLifetime
{
    const string Bucket = "bad-clients";
    const int Times = 20;
    const int Promised = 8 << 20;
    const int Sent = 3 << 20;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly DataFolder data = new();
    readonly byte[] noise = new byte[Sent];
    ServerProcess server = null!;
    Target s3 = null!;
    int handles;
    string[] files = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Random.Shared.NextBytes(noise);
        server = await ServerProcess.Start(data.Path, "bad-clients", Cancel);
        s3 = server.Sign(Bucket);
        await s3.EnsureBucket();
        await Put("good", 4096);
        await Put("large", 1 << 20);
        handles = server.Handles;
        files = Contents();
    }

    public async ValueTask DisposeAsync()
    {
        s3.Dispose();
        await server.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task A_client_gone_half_way_through_a_put_leaves_nothing()
    {
        for (var i = 0; i < Times; i++)
        {
            using var request = await RawRequest.Open(server.S3, Cancel);
            await request.Send(RawRequest.S3Head(server.S3, "PUT", s3.PathOf("half"), ""), Cancel);
            await request.Send($"Content-Length: {Promised}\r\n\r\n", Cancel);
            await request.Send(noise, Cancel);
            if (i % 2 == 0)
                request.Abort();
            else
                request.EndSending();
        }
        await NothingIsLeft("half");
    }

    [Fact]
    public async Task A_client_gone_half_way_through_a_part_leaves_nothing()
    {
        var body = new Payload(3).Of("parts", 1, 6 << 20);
        var upload = await S3Upload.Begin(s3, s3.PathOf("parts"), body, 5 << 20, Cancel);
        await upload.Finish(s3, Cancel);
        files = Contents();
        var xml = await s3.Text(HttpMethod.Post, s3.PathOf("half-part"), "uploads=", null, SigV4.Unsigned, Cancel);
        var id = xml[(xml.IndexOf("<UploadId>", StringComparison.Ordinal) + 10)..].Split('<')[0];
        var query = $"partNumber=1&uploadId={Uri.EscapeDataString(id)}";
        for (var i = 0; i < Times; i++)
        {
            using var request = await RawRequest.Open(server.S3, Cancel);
            await request.Send(RawRequest.S3Head(server.S3, "PUT", s3.PathOf("half-part"), query), Cancel);
            await request.Send($"Content-Length: {Promised}\r\n\r\n", Cancel);
            await request.Send(noise, Cancel);
            request.Abort();
        }
        await NothingIsLeft("half-part");
    }

    [Fact]
    public async Task A_client_gone_half_way_through_a_form_leaves_nothing()
    {
        using var rest = await RestAccount.Open(server.Rest, "form-user", Cancel);
        for (var i = 0; i < Times; i++)
        {
            using var request = await RawRequest.Open(server.Rest, Cancel);
            await request.Send(
                $"POST /file/upload HTTP/1.1\r\nHost: {server.Rest.Authority}\r\nAuthorization: Bearer {rest.Token}\r\n"
                    + $"Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {Promised}\r\n\r\n"
                    + "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"half\"\r\n\r\n",
                Cancel
            );
            await request.Send(noise, Cancel);
            request.Abort();
        }
        await NothingIsLeft("half");
        Assert.Equal(0, (await rest.Get("/file/query?limit=10", Cancel)).GetArrayLength());
    }

    [Theory]
    [InlineData("5\r\nab")]
    [InlineData("5\r\nabcde\r\n")]
    [InlineData("5\r\nabcdefgh\r\n0\r\n\r\n")]
    [InlineData("zz\r\nabc\r\n0\r\n\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\nabc")]
    public async Task A_chunked_body_that_is_cut_or_wrong_stores_nothing(string chunks)
    {
        using var request = await RawRequest.Open(server.S3, Cancel);
        await request.Send(RawRequest.S3Head(server.S3, "PUT", s3.PathOf("chunked"), ""), Cancel);
        await request.Send($"Transfer-Encoding: chunked\r\n\r\n{chunks}", Cancel);
        request.EndSending();
        try
        {
            Assert.DoesNotContain("HTTP/1.1 2", await request.ReadToEnd(Cancel), StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // a reset is an answer too
        }
        await NothingIsLeft("chunked");
    }

    [Fact]
    public async Task A_body_that_is_not_its_own_MD5_is_refused_and_leaves_nothing()
    {
        using var request = await RawRequest.Open(server.S3, Cancel);
        await request.Send(RawRequest.S3Head(server.S3, "PUT", s3.PathOf("wrong-md5"), ""), Cancel);
        var md5 = Convert.ToBase64String(new byte[16]);
        await request.Send($"Content-MD5: {md5}\r\nConnection: close\r\nContent-Length: {Sent}\r\n\r\n", Cancel);
        await request.Send(noise, Cancel);
        Assert.Contains("BadDigest", await request.ReadToEnd(Cancel), StringComparison.Ordinal);
        await NothingIsLeft("wrong-md5");
    }

    [Fact]
    public async Task Clients_that_stall_in_their_headers_keep_nobody_from_being_served()
    {
        var stalled = new List<RawRequest>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var request = await RawRequest.Open(i % 2 == 0 ? server.S3 : server.Rest, Cancel);
                stalled.Add(request);
                await request.Send("GET / HTTP/1.1\r\nHost: ", Cancel);
            }
            var begun = System.Diagnostics.Stopwatch.GetTimestamp();
            for (var i = 0; i < 20; i++)
                await Put($"beside-{i}", 4096);
            Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 10);
        }
        finally
        {
            stalled.ForEach(request => request.Abort());
        }
        await NothingIsLeft("no-such-key");
    }

    async Task Put(string key, long size)
    {
        var body = new Payload(5).Of(key, 1, size);
        using var content = new BodyContent(body, 0, size);
        (await s3.Send(HttpMethod.Put, s3.PathOf(key), "", content, stop: Cancel)).Dispose();
    }

    async Task NothingIsLeft(string key)
    {
        using var head = await s3.Ask(HttpMethod.Head, s3.PathOf(key), "", null, SigV4.Unsigned, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
        Assert.True(server.Lives);
        await Until(() => Contents().Except(files).ToArray(), left => left.Length == 0, "files left");
        // A kept-alive connection of this client, or a pooled reader of the log, may come and stay.
        await Until(() => server.Handles - handles, more => more <= 12, "handles more than before");
    }

    static async Task Until<T>(Func<T> read, Func<T, bool> right, string what)
    {
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!right(read()))
        {
            var now = read();
            Assert.True(
                System.Diagnostics.Stopwatch.GetElapsedTime(begun) < Patience,
                $"{what}: {(now is string[] list ? string.Join('\n', list) : now)}"
            );
            await Task.Delay(20, Cancel);
        }
    }

    // Files of contents and of staging: what is neither a database nor a worker's own place.
    string[] Contents() =>
        [
            .. Directory
                .EnumerateFiles(data.Path, "*", SearchOption.AllDirectories)
                .Where(path => !Path.GetFileName(path).Contains(".db", StringComparison.Ordinal))
                .Where(path => !path.EndsWith(".position", StringComparison.Ordinal)),
        ];
}
