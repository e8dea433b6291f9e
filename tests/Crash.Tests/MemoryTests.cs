using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary>Bodies far larger than the server's memory may grow: 4 GiB in the long campaign, else 512 MiB.</summary>
public sealed class MemoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    const string Bucket = "memory";
    const long MostMiB = 300;
    const int PartSize = 16 << 20;
    static readonly long Size = Campaign.IsLong ? 4L << 30 : 512 << 20;

    readonly DataFolder data = new();
    readonly Payload payload = new(seed: 11);
    ServerProcess server = null!;
    Target s3 = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await ServerProcess.Start(data.Path, "memory", Cancel);
        s3 = server.Sign(Bucket, connections: 64);
        await s3.EnsureBucket();
        server.ResetPeak();
    }

    public async ValueTask DisposeAsync()
    {
        s3.Dispose();
        await server.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task A_huge_S3_put_and_get_stay_small()
    {
        var body = payload.Of("put", 1, Size);
        using var content = new BodyContent(body, 0, Size);
        (await s3.Send(HttpMethod.Put, s3.PathOf("put"), "", content, stop: Cancel)).Dispose();
        await DownloadFromS3("put", body);
        PeakIsSmall();
    }

    [Fact]
    public async Task A_huge_S3_multipart_upload_and_its_download_stay_small()
    {
        var body = payload.Of("multipart", 1, Size);
        var upload = await S3Upload.Begin(s3, s3.PathOf("multipart"), body, PartSize, Cancel);
        await upload.Finish(s3, Cancel);
        await DownloadFromS3("multipart", body);
        PeakIsSmall();
    }

    [Fact]
    public async Task A_huge_form_upload_and_its_download_stay_small()
    {
        using var rest = await RestAccount.Open(server.Rest, "memory-user", Cancel);
        var body = payload.Of("form", 1, Size);
        await rest.Upload("form.bin", new BodyContent(body, 0, Size), Cancel);
        await Download(rest, "form.bin", body);
        PeakIsSmall();
    }

    [Fact]
    public async Task A_huge_resumable_upload_and_its_download_stay_small()
    {
        using var rest = await RestAccount.Open(server.Rest, "memory-user", Cancel);
        var body = payload.Of("chunks", 1, Size);
        await rest.UploadInParts("chunks.bin", body, parallel: 4, Cancel);
        await Download(rest, "chunks.bin", body);
        PeakIsSmall();
    }

    [Fact]
    public async Task Sixty_four_parallel_uploads_stay_small()
    {
        const int Each = 16 << 20;
        await Task.WhenAll(
            Enumerable
                .Range(0, 64)
                .Select(async i =>
                {
                    var body = payload.Of($"many-{i}", 1, Each);
                    using var content = new BodyContent(body, 0, Each);
                    (await s3.Send(HttpMethod.Put, s3.PathOf($"many-{i}"), "", content, stop: Cancel)).Dispose();
                })
        );
        PeakIsSmall();
        for (var i = 0; i < 64; i += 9)
            await DownloadFromS3($"many-{i}", payload.Of($"many-{i}", 1, Each));
    }

    async Task DownloadFromS3(string key, Body body)
    {
        using var reply = await s3.Send(HttpMethod.Get, s3.PathOf(key), stop: Cancel);
        await using var stream = await reply.Content.ReadAsStreamAsync(Cancel);
        await Bodies.Compare(body, stream, key, Cancel);
    }

    static async Task Download(RestAccount rest, string name, Body body)
    {
        using var reply = await rest.Download(name, Bodies.Sha1(body), Cancel);
        reply.EnsureSuccessStatusCode();
        await using var stream = await reply.Content.ReadAsStreamAsync(Cancel);
        await Bodies.Compare(body, stream, name, Cancel);
    }

    void PeakIsSmall()
    {
        output.WriteLine($"peak {server.PeakMiB} MiB for {Size >> 20} MiB");
        Assert.InRange(server.PeakMiB, 1, MostMiB);
    }
}
