namespace Varve.Cluster.Tests.Chaos;

/// <summary>Something of a cluster that is killed and comes back.</summary>
/// <param name="IsFelt">Whether it can be seen from outside that it is gone.</param>
sealed record Outage(string Of, Func<Task> Begin, Func<CancellationToken, Task<bool>> IsFelt, Func<Task> End)
{
    /// <summary>Of each process and each engine.</summary>
    /// <param name="load">What goes on meanwhile.</param>
    public static IReadOnlyList<Outage> All(VarveCluster cluster, ChaosLoad load, CancellationToken cancel) =>
        [
            .. cluster.Members.Select(member => new Outage(
                member.Name,
                member.Kill,
                Goes(load, cluster.Apis.Select(api => api != member)),
                () => member.Start(cancel)
            )),
            new(
                "MariaDB",
                () => cluster.MariaDb.KillOne("primary"),
                NoApiIsReady(cluster),
                () => cluster.MariaDb.Restart("primary")
            ),
            new(
                "MariaDB's replica",
                () => cluster.MariaDb.KillOne("replica"),
                Goes(load, cluster.Apis.Select(_ => true)),
                () => cluster.MariaDb.Restart("replica")
            ),
            new("Redis", cluster.Redis.Stop, Goes(load, cluster.Apis.Select(_ => true)), cluster.Redis.Restart),
            new(
                "RabbitMQ",
                cluster.RabbitMq.Kill,
                async stop =>
                {
                    foreach (var worker in cluster.Workers)
                        if (await worker.Process.Metric("varve_transfers_queue_up", stop) > 0)
                            return false;
                    return true;
                },
                cluster.RabbitMq.Restart
            ),
            new("Ceph", cluster.Ceph.KillFront, RefusesEverywhere(load), cluster.Ceph.RestartFront),
            new("the log", cluster.KillLog, NoApiIsReady(cluster), () => cluster.StartLog(cancel)),
        ];

    /// <summary>Writes are acknowledged all the same.</summary>
    /// <param name="by">By which APIs.</param>
    static Func<CancellationToken, Task<bool>> Goes(ChaosLoad load, IEnumerable<bool> by)
    {
        bool[] asked = [.. by];
        IReadOnlyList<int>? before = null;
        return _ =>
        {
            var now = load.Acknowledged;
            before ??= now;
            return Task.FromResult(asked.Index().All(api => !api.Item || now[api.Index] > before[api.Index] + 2));
        };
    }

    static Func<CancellationToken, Task<bool>> RefusesEverywhere(ChaosLoad load)
    {
        IReadOnlyList<int>? before = null;
        return _ =>
        {
            var now = load.Refused;
            before ??= now;
            return Task.FromResult(now.Index().All(api => api.Item > before[api.Index]));
        };
    }

    static Func<CancellationToken, Task<bool>> NoApiIsReady(VarveCluster cluster) =>
        async stop =>
        {
            foreach (var api in cluster.Apis)
                if (await api.Readiness(stop) is { Ready: true })
                    return false;
            return true;
        };
}
