using System.Diagnostics;

namespace Varve.Cluster.Tests.Chaos;

/// <summary>Processes that start before an engine does: they live, say what they wait for, and need no second start.
/// </summary>
public sealed class LateEngineTests(VarveCluster cluster) : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly IReadOnlyList<Member> members =
    [
        cluster.Make("late-api", "api"),
        cluster.Make("late-projector", "projector"),
        cluster.Make("late-worker", "worker"),
    ];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What <c>/readyz</c> and the log have of an engine that nothing goes without.</summary>
    public static TheoryData<string, string> Needed =>
        new()
        {
            { "MariaDB", "MySQL" },
            { "Ceph", "ceph" },
            { "the log", "EventStoreDB" },
        };

    [Theory, MemberData(nameof(Needed))]
    public async Task A_process_waits_for_an_engine_that_it_needs_and_says_for_which(string engine, string said)
    {
        await Stop(engine);
        var starting = members.Select(member => member.Start(Cancel)).ToList();
        try
        {
            foreach (var member in members)
            {
                await Until(
                    async () =>
                        await member.Readiness(Cancel) is { Ready: false, Fault: { } fault }
                        && fault.Contains(said, StringComparison.OrdinalIgnoreCase),
                    $"{member.Name} says that it waits for {engine}"
                );
                await Until(
                    () => Task.FromResult(member.Log.Contains(said, StringComparison.OrdinalIgnoreCase)),
                    $"the log of {member.Name} has it too"
                );
            }
            Assert.DoesNotContain(starting, start => start.IsCompleted);
        }
        finally
        {
            await Start(engine);
        }
        await Task.WhenAll(starting);
    }

    [Theory, InlineData("MariaDB's replica"), InlineData("Redis"), InlineData("RabbitMQ")]
    public async Task A_process_is_ready_without_an_engine_that_can_be_missed(string engine)
    {
        await Stop(engine);
        try
        {
            await Task.WhenAll(members.Select(member => member.Start(Cancel)));
            if (engine == "RabbitMQ")
                await Until(async () => await QueueUp() == 0, "the worker sees that the broker is down");
        }
        finally
        {
            await Start(engine);
        }
        await Until(async () => await QueueUp() == 1, "the worker has its broker");

        async Task<double> QueueUp() => await members[2].Process.Metric("varve_transfers_queue_up", Cancel);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var member in members)
            await member.DisposeAsync();
        // The other tests of the cluster begin with one that is whole.
        await Until(
            async () =>
            {
                foreach (var member in cluster.Members)
                    if (await member.Readiness(Cancel) is not { Ready: true })
                        return false;
                return true;
            },
            "the cluster is ready again"
        );
    }

    Task Stop(string engine) =>
        engine switch
        {
            "MariaDB" => cluster.MariaDb.KillOne("primary"),
            "MariaDB's replica" => cluster.MariaDb.KillOne("replica"),
            "Ceph" => cluster.Ceph.KillFront(),
            "Redis" => cluster.Redis.Stop(),
            "RabbitMQ" => cluster.RabbitMq.Kill(),
            _ => cluster.KillLog(),
        };

    Task Start(string engine) =>
        engine switch
        {
            "MariaDB" => cluster.MariaDb.Restart("primary"),
            "MariaDB's replica" => cluster.MariaDb.Restart("replica"),
            "Ceph" => cluster.Ceph.RestartFront(),
            "Redis" => cluster.Redis.Restart(),
            "RabbitMQ" => cluster.RabbitMq.Restart(),
            _ => cluster.StartLog(Cancel),
        };

    static async Task Until(Func<Task<bool>> isSo, string what)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, $"It takes too long until {what}.");
            await Task.Delay(50, Cancel);
        }
    }
}
