using System.Diagnostics;
using System.Globalization;
using Varve.Server.Tests;

namespace Varve.Cluster.Tests.Chaos;

/// <summary>Each process and each engine of a cluster is killed under load, and comes back.</summary>
public sealed class ChaosTests(VarveCluster cluster, ITestOutputHelper output)
{
    /// <summary>Times that all of it is gone through, in another order each.</summary>
    static readonly int Rounds = Campaign.IsLong ? 6 : 1;

    /// <summary>Nothing here is waited for longer than a slow machine needs.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_kill_of_a_process_or_an_engine_loses_an_acknowledged_write()
    {
        var seed = int.Parse(
            Environment.GetEnvironmentVariable("VARVE_SEED") ?? $"{Environment.TickCount & 0xFFFF}",
            CultureInfo.InvariantCulture
        );
        output.WriteLine($"VARVE_SEED={seed}");
        using var load = await ChaosLoad.Open(cluster.Apis, seed, Cancel);
        using var end = new CancellationTokenSource();
        var running = load.Run(end.Token, Cancel);
        var dice = new Random(seed);
        for (var round = 1; round <= Rounds; round++)
        {
            Outage[] outages = [.. Outage.All(cluster, load, Cancel)];
            if (round > 1)
                dice.Shuffle(outages);
            foreach (var outage in outages)
                await GoThrough(outage, load, running);
        }
        await end.CancelAsync();
        await running;
        output.WriteLine(
            $"{load.Acknowledged.Sum()} writes acknowledged; tried again: {string.Join(", ", load.Refusals)}"
        );

        var wrong = await load.Differences(Cancel);
        Assert.True(wrong.Count == 0, $"seed {seed}:\n{string.Join('\n', wrong)}");
        await Converged();
    }

    async Task GoThrough(Outage outage, ChaosLoad load, Task running)
    {
        var begun = Stopwatch.GetTimestamp();
        await outage.Begin();
        await Until(outage.IsFelt, running, $"the loss of {outage.Of} is seen");
        var felt = Stopwatch.GetElapsedTime(begun);
        await outage.End();
        var back = Stopwatch.GetElapsedTime(begun);
        var before = load.Acknowledged;
        await Until(
            _ => Task.FromResult(load.Acknowledged.Zip(before).All(api => api.First > api.Second + 2)),
            running,
            $"every API takes writes again after the loss of {outage.Of}"
        );
        output.WriteLine(
            $"{outage.Of}: seen after {felt.TotalSeconds:F1} s, back at {back.TotalSeconds:F1} s, "
                + $"writes everywhere at {Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s"
        );
    }

    /// <summary>Copies are made, queues are empty, read models are what the log says.</summary>
    async Task Converged()
    {
        var begun = Stopwatch.GetTimestamp();
        await using var copies = new Copies(cluster);
        await UntilEmpty(() => copies.Missing(Cancel), "Contents without a copy");
        await UntilEmpty(Queued, "Messages in queues");
        output.WriteLine($"copied and empty after {Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s");
        await ServerProcess.Command("cluster-verify", cluster.Environment, Cancel, "projections", "verify");
    }

    /// <summary>The queues that have messages, those of what was given up too.</summary>
    async Task<IReadOnlyList<string>> Queued()
    {
        var queues = (await cluster.RabbitMq.Control("list_queues", "--no-table-headers", "name", "messages"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line.StartsWith("uploadserver.trans", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(queues);
        return [.. queues.Where(line => !line.EndsWith("\t0", StringComparison.Ordinal))];
    }

    static async Task UntilEmpty(Func<Task<IReadOnlyList<string>>> left, string what)
    {
        var begun = Stopwatch.GetTimestamp();
        while (await left() is { Count: > 0 } still)
        {
            Assert.True(
                Stopwatch.GetElapsedTime(begun) < Patience,
                $"{what}, {still.Count} of them:\n{string.Join('\n', still.Take(10))}"
            );
            await Task.Delay(100, Cancel);
        }
    }

    /// <param name="running">What must not fail meanwhile.</param>
    static async Task Until(Func<CancellationToken, Task<bool>> isSo, Task running, string what)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!await isSo(Cancel))
        {
            if (running.IsFaulted)
                await running;
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, $"It takes too long until {what}.");
            await Task.Delay(50, Cancel);
        }
    }
}
