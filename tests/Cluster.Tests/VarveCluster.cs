using Varve.Server.Tests;
using Varve.Services;

namespace Varve.Cluster.Tests;

/// <summary>
/// MariaDB with a replica, Redis, RabbitMQ, Ceph, a node of the log, a stand-in for OSS, and Varve in roles: two APIs,
/// two projectors, two workers, each a process of its own.
/// </summary>
public sealed class VarveCluster : IAsyncLifetime
{
    const string Database = "filestore_server";

    readonly DataFolder logData = new();
    readonly DataFolder ossData = new();
    readonly Uri logAddress = new($"http://127.0.0.1:{Service.FreePorts(1)}");
    ServerProcess? log;
    ServerProcess? oss;

    public MariaDb MariaDb { get; } = new();

    public Redis Redis { get; } = new();

    public RabbitMq RabbitMq { get; } = new();

    public Ceph Ceph { get; } = new();

    public IReadOnlyList<Member> Apis { get; private set; } = [];

    public IReadOnlyList<Member> Projectors { get; private set; } = [];

    public IReadOnlyList<Member> Workers { get; private set; } = [];

    public IEnumerable<Member> Members => [.. Apis, .. Projectors, .. Workers];

    public string EventStore => $"esdb://127.0.0.1:{logAddress.Port}?tls=false";

    public string MySql => MariaDb.Url + Database;

    /// <summary>What every process is told.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment =>
        [
            ("Varve__EventStore", EventStore),
            ("Varve__MySql", MySql),
            ("Varve__MySqlReplica", MariaDb.ReplicaUrl + Database),
            ("Varve__MySqlShards", "16"),
            ("Varve__Redis", Redis.Address),
            ("Varve__RabbitMq", $"{RabbitMq.Url}"),
            ("Varve__Identity__Key", Convert.ToBase64String(new byte[32])),
            ("Varve__Storage__Primary", "ceph"),
            ("Varve__Storage__Copies", "oss"),
            ("Varve__Tiers__ceph__Endpoint", $"{Ceph.Url}"),
            ("Varve__Tiers__ceph__AccessKey", Ceph.AccessKey),
            ("Varve__Tiers__ceph__SecretKey", Ceph.SecretKey),
            ("Varve__Tiers__oss__Endpoint", $"{oss!.S3}"),
            ("Varve__Tiers__oss__AccessKey", ServerProcess.Root),
            ("Varve__Tiers__oss__SecretKey", ServerProcess.Secret),
            ("Varve__Tiers__oss__Region", "test"),
            ("Varve__Tiers__oss__AddressingStyle", "path"),
        ];

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        await Task.WhenAll(
            MariaDb.InitializeAsync().AsTask(),
            Redis.InitializeAsync().AsTask(),
            RabbitMq.InitializeAsync().AsTask(),
            Ceph.InitializeAsync().AsTask(),
            StartLog(cancel),
            StartOss(cancel)
        );
        Apis = [Make("api-1", "api"), Make("api-2", "api")];
        Projectors = [Make("projector-1", "projector"), Make("projector-2", "projector")];
        Workers = [Make("worker-1", "worker"), Make("worker-2", "worker")];
        await Task.WhenAll(Members.Select(member => member.Start(cancel)));
    }

    /// <summary>The tier that every content is copied to.</summary>
    public ServerProcess Oss => oss!;

    public async Task StartLog(CancellationToken cancel) =>
        log = await ServerProcess.StartWithEvents(
            logData.Path,
            "cluster-log",
            logAddress,
            [],
            ["--roles", "events", "--events-insecure"],
            cancel
        );

    public async Task KillLog()
    {
        await log!.Kill();
        await log.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
            await member.DisposeAsync();
        foreach (var server in new[] { log, oss })
            if (server is not null)
                await server.DisposeAsync();
        foreach (var service in (Service[])[MariaDb, Redis, RabbitMq, Ceph])
            await service.DisposeAsync();
        logData.Dispose();
        ossData.Dispose();
    }

    async Task StartOss(CancellationToken cancel) =>
        oss = await ServerProcess.Start(ossData.Path, "cluster-oss", cancel);

    /// <summary>One more process, which is not started yet, and is the caller's.</summary>
    public Member Make(string name, string roles) => new(name, roles, Environment);
}
