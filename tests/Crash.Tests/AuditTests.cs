using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

public sealed class AuditTests(ITestOutputHelper output)
{
    const int Kills = 5;
    const int PutsARound = 1_500;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>SIGKILL while events come and tiles are written: the tree goes on, contradicts no checkpoint that was
    /// handed out, and is the tree of the log.</summary>
    [Fact]
    public async Task No_kill_harms_the_tree_over_the_log()
    {
        using var data = new DataFolder();
        var dice = new Random(11);
        var payload = new Payload(seed: 17);
        var checkpoint = Path.Combine(data.Path, "audit", "checkpoint");
        var older = Path.Combine(data.Path, "older");
        for (var round = 0; round < Kills; round++)
        {
            await using var server = await ServerProcess.Start(data.Path, "audit", Cancel);
            using var s3 = server.Sign("audit");
            await s3.EnsureBucket();
            var puts = Enumerable.Range(0, PutsARound).Select(i => $"{round}/{i}");
            var killAt = dice.Next(PutsARound / 2, PutsARound);
            var sent = 0;
            await Parallel.ForEachAsync(
                puts,
                new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel },
                async (key, stop) =>
                {
                    if (Interlocked.Increment(ref sent) == killAt)
                        await server.Kill();
                    using var content = new BodyContent(payload.Of(key, 1, 512), 0, 512);
                    try
                    {
                        (await s3.Send(HttpMethod.Put, s3.PathOf(key), "", content, stop: stop)).Dispose();
                    }
                    catch (HttpRequestException)
                    {
                        // Killed meanwhile.
                    }
                }
            );
            string[] since = File.Exists(older) ? ["--since", older] : [];
            await Audit("check", ["--data", data.Path, .. since]);
            if (round % 2 == 0)
                await Audit("checkpoint", "--sign", "--data", data.Path);
            File.Copy(checkpoint, older, overwrite: true);
        }
        output.WriteLine(await Audit("check", "--data", data.Path, "--since", older));
    }

    static Task<string> Audit(string command, params string[] arguments) =>
        ServerProcess.Command("audit-command", Cancel, ["audit", command, .. arguments]);
}
