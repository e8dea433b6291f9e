using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

public sealed class GroupCommitTests(ITestOutputHelper output)
{
    const int Requests = 6000;
    const int Concurrency = 64;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Counted, not timed.</summary>
    [Fact]
    public async Task Ten_small_puts_share_one_fsync_of_the_log_and_one_of_the_volumes()
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.Start(data.Path, "group-commit", Cancel);
        using var s3 = server.Sign("commits", Concurrency);
        await s3.EnsureBucket();
        var payload = new Payload(seed: 13);
        // A counter is there once it has counted.
        using (var first = new BodyContent(payload.Of("first", 1, 4096), 0, 4096))
            (await s3.Send(HttpMethod.Put, s3.PathOf("first"), "", first, stop: Cancel)).Dispose();
        var (log, volumes) = (await server.Metric("varve_eventstore_commits_total", Cancel), await Volumes(server));
        var limits = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = Cancel };
        await Parallel.ForAsync(
            0,
            Requests,
            limits,
            async (i, stop) =>
            {
                using var content = new BodyContent(payload.Of($"k{i}", 1, 4096), 0, 4096);
                (await s3.Send(HttpMethod.Put, s3.PathOf($"k{i}"), "", content, stop: stop)).Dispose();
            }
        );
        log = await server.Metric("varve_eventstore_commits_total", Cancel) - log;
        volumes = await Volumes(server) - volumes;
        output.WriteLine($"{Requests} puts: {log} commits of the log, {volumes} fsyncs of volumes");
        Assert.InRange(log, 1, Requests / 10);
        Assert.InRange(volumes, 1, Requests / 10);
    }

    static Task<double> Volumes(ServerProcess server) => server.Metric("varve_tiers_disk_volume_syncs_total", Cancel);
}
