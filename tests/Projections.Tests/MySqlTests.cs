using Microsoft.Extensions.Logging.Abstractions;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;
using Varve.Services;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

/// <summary>What only a server that several processes share can be asked to do.</summary>
public sealed class MySqlTests(MariaDb mariaDb) : IAsyncLifetime
{
    readonly InMemoryEventStore log = new();
    readonly string name = $"shared_{Guid.NewGuid():N}"[..20];

    MySqlServer Server => MySqlServer.Parse(mariaDb.Url + name);

    public async ValueTask InitializeAsync() => await MySqlMigrations.Run(Server, Cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task One_of_two_has_the_lease_and_the_other_takes_over_at_once_when_it_is_given_back()
    {
        var (first, second) = (Lease("a"), Lease("b"));
        var tenure = await first.Acquire(Cancel);
        var waiting = second.Acquire(Cancel);
        await Task.Delay(TimeSpan.FromSeconds(1.5), Cancel); // longer than a renewal
        Assert.False(waiting.IsCompleted);
        Assert.Equal("a", await second.Holder(Cancel));
        await tenure.DisposeAsync();
        await using var next = await waiting.WaitAsync(TimeSpan.FromSeconds(4), Cancel);
        Assert.Equal("b", await first.Holder(Cancel));
        Assert.True(second.Held);
    }

    [Fact]
    public async Task A_lease_that_another_one_has_taken_is_lost()
    {
        var first = Lease("a");
        await using var tenure = await first.Acquire(Cancel);
        await using (var session = new SqlSession(await Server.Connect(null, Cancel)))
            await session.Execute(
                new("UPDATE tbl_lease SET holder = 'b', expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE"),
                Cancel
            );
        var lost = new TaskCompletionSource();
        await using var registration = tenure.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.False(first.Held);
    }

    [Fact]
    public async Task Two_projectors_that_start_at_once_build_the_tables_once()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Open(shards: 1)));
        Assert.All(opened, one => Assert.Equal(1, one.Generations.Number));
    }

    [Fact]
    public async Task Tables_are_cut_otherwise_while_they_are_read_and_written()
    {
        log.StoreAndPut("photos", "a", "x");
        var (other, _) = await Open(shards: 1);
        var (database, generations) = await Open(shards: 16);
        Assert.NotNull(await generations.Outdated(Cancel));
        var reader = new ReadModels(other, new ProjectionBarrier(TimeSpan.FromSeconds(30)));

        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(30));
        using var runner = Runner(database, barrier);
        using var rebuild = new LiveRebuild(generations, runner, TimeProvider.System, NullLogger<LiveRebuild>.Instance);
        using var stop = new CancellationTokenSource();
        var running = runner.Run(stop.Token);
        Assert.True(await barrier.Pass(log.Last, Cancel));
        var rebuilding = rebuild.Run("test", Cancel);
        for (var i = 0; !rebuilding.IsCompleted || i < 50; i++)
        {
            log.StoreAndPut("photos", $"k{i}", $"x{i}");
            Assert.NotNull(await reader.FindFile(Sha1("x"), Cancel));
        }
        await rebuilding;
        Assert.True(await barrier.Pass(log.Last, Cancel));
        Assert.Null(await generations.Outdated(Cancel));
        Assert.NotNull(await reader.FindFile(Sha1("x1"), Cancel));
        Assert.Equal(await RowsFromZero(), await ReadModelDigest.Dump(database, Cancel));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Of_two_projectors_the_active_one_cuts_the_tables_and_the_other_does_not_hold_it_up()
    {
        log.StoreAndPut("photos", "a", "x");
        await Open(shards: 1);
        var standby = await Projector("standby", shards: 16);
        var active = await Projector("active", shards: 16);
        using var stop = new CancellationTokenSource();
        await using (var tenure = await Lease("elsewhere").Acquire(Cancel))
        {
            standby.Start(stop.Token);
            await Assert.ThrowsAsync<InvalidOperationException>(() => standby.Rebuild.Run("test", Cancel));
        }
        active.Start(stop.Token);
        while (active.Generations.Number == 1 && standby.Generations.Number == 1)
            await Task.Delay(20, Cancel);
        log.StoreAndPut("photos", "b", "y");
        Assert.True(await (active.Generations.Number > 1 ? active : standby).Barrier.Pass(log.Last, Cancel));
        await stop.CancelAsync();
        await Task.WhenAll(standby.Ended, active.Ended);
    }

    [Fact]
    public async Task A_replica_is_read_when_it_has_what_the_primary_has_and_the_primary_when_not()
    {
        log.StoreAndPut("photos", "a", "x");
        var replica = MySqlServer.Parse(mariaDb.ReplicaUrl + name);
        await Open(shards: 1);
        var database = new MySqlReadDatabase(Server, replica, name, TimeProvider.System);
        await ReadFrom(database, mariaDb.Port + 1);
        await using (var session = new SqlSession(await replica.Connect("", Cancel)))
            await session.Execute(new("STOP SLAVE"), Cancel);
        try
        {
            await using (var session = new SqlSession(await Server.Connect(null, Cancel)))
                await session.Execute(new("UPDATE tbl_checkpoint SET position = position + 1"), Cancel);
            Assert.Equal(mariaDb.Port, await PortReadFrom(database));
        }
        finally
        {
            await using var session = new SqlSession(await replica.Connect("", Cancel));
            await session.Execute(new("START SLAVE"), Cancel);
        }
        await ReadFrom(database, mariaDb.Port + 1);

        var nobody = MySqlServer.Parse($"mysql://varve:varve@127.0.0.1:1/{name}");
        Assert.Equal(mariaDb.Port, await PortReadFrom(new(Server, nobody, name, TimeProvider.System)));
    }

    [Fact]
    public async Task Who_does_not_project_sees_how_far_the_projector_is()
    {
        var (database, _) = await Open(shards: 1);
        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(30));
        using var runner = Runner(database, new ProjectionBarrier(TimeSpan.FromSeconds(30)));
        using var stop = new CancellationTokenSource();
        var watch = new CheckpointWatch(
            database,
            barrier,
            signals: null,
            TimeProvider.System,
            NullLogger<CheckpointWatch>.Instance
        );
        var running = Task.WhenAll(runner.Run(stop.Token), watch.Run(stop.Token));
        log.StoreAndPut("photos", "a", "x");
        Assert.True(await barrier.Pass(log.Last, Cancel));
        Assert.NotNull(await new ReadModels(database, barrier).FindObject("photos", "a", Cancel));
        await stop.CancelAsync();
        await running;
    }

    /// <summary>What a process of this role has, but for the process.</summary>
    sealed class OneProjector(
        MySqlReadGenerations generations,
        ProjectionRunner runner,
        LiveRebuild rebuild,
        ProjectionBarrier barrier
    )
    {
        public MySqlReadGenerations Generations => generations;
        public LiveRebuild Rebuild => rebuild;
        public ProjectionBarrier Barrier => barrier;
        public Task Ended { get; private set; } = Task.CompletedTask;

        public void Start(CancellationToken stop) => Ended = Run(stop);

        async Task Run(CancellationToken stop)
        {
            using (runner)
            using (rebuild)
            {
                var both = Task.WhenAll(runner.Run(stop), rebuild.RunWhenNeeded(stop));
                await both.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task<OneProjector> Projector(string holder, int shards)
    {
        var (database, generations) = await Open(shards);
        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(30));
        var runner = Runner(database, barrier, holder);
        var logger = NullLogger<LiveRebuild>.Instance;
        return new(generations, runner, new(generations, runner, TimeProvider.System, logger), barrier);
    }

    MySqlLease Lease(string holder) => new(Server, "projector", holder, TimeProvider.System, NullLogger.Instance);

    async Task<(MySqlReadDatabase Database, MySqlReadGenerations Generations)> Open(int shards)
    {
        var (database, generations) = new MySqlReadStore(mariaDb).Generations(name, shards, log);
        await generations.Open(build: true, progress: null, Cancel);
        return (database, generations);
    }

    ProjectionRunner Runner(MySqlReadDatabase database, ProjectionBarrier barrier, string holder = "runner") =>
        new(
            log,
            database,
            ReadModelProjections.All(),
            barrier,
            new InMemoryUploadProgress(),
            TimeProvider.System,
            NullLogger<ProjectionRunner>.Instance,
            Lease(holder)
        );

    async Task<IReadOnlyList<string>> RowsFromZero()
    {
        var folder = NewFolder();
        await using var rebuilt = await SqliteReadStore.Generations(folder, log).Open(null, Cancel);
        var rows = await ReadModelDigest.Dump(rebuilt, Cancel);
        Directory.Delete(folder, recursive: true);
        return rows;
    }

    static async Task ReadFrom(MySqlReadDatabase database, int port)
    {
        while (await PortReadFrom(database) != port)
            await Task.Delay(20, Cancel);
    }

    static async Task<int> PortReadFrom(MySqlReadDatabase database)
    {
        using var lease = await database.ReadAside(Cancel);
        return await lease.Session.First(new("SELECT @@port"), row => row.GetInt32(0), Cancel);
    }
}
