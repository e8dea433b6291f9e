using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Buckets;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public sealed class SqliteGenerationsTests
{
    [Fact]
    public async Task Read_models_of_another_schema_or_damaged_or_condemned_are_rebuilt_at_the_next_start()
    {
        var folder = NewFolder();
        var store = new InMemoryEventStore();
        store.StoreAndPut("photos", "a", "x");
        foreach (
            var harm in (Action<string>[])
                [Garble, path => File.WriteAllText(path + "-condemned", "it is ill"), File.Delete]
        )
        {
            await using (await SqliteReadStore.Generations(folder, store).Open(null, Cancel)) { }
            harm(Directory.GetFiles(Path.Combine(folder, "read"), "*.db").Single());
            await using var database = await SqliteReadStore.Generations(folder, store).Open(null, Cancel);
            Assert.NotNull(await new ReadModels(database, new(TimeSpan.Zero)).FindObject("photos", "a", Cancel));
            Assert.Single(Directory.GetFiles(Path.Combine(folder, "read"), "*.db"));
        }
        Directory.Delete(folder, recursive: true);

        static void Garble(string path) => File.WriteAllText(path, new string('x', 10_000));
    }

    [Fact]
    public async Task Verifying_compares_every_table_with_one_built_anew()
    {
        await using var live = await LiveReadModels.Start(new SqliteReadStore());
        live.Store.StoreAndPut("photos", "a", "x");
        await live.CaughtUp();
        await live.Stop();
        var pairs = await SqliteReadStore.Generations(live.Folder, live.Store).Verify(null, Cancel);
        Assert.All(pairs!, pair => Assert.Equal(pair.Rebuilt, pair.Live));
        Assert.Equal(1, pairs!.Single(pair => pair.Live.Table == "tbl_object").Live.Rows);
    }

    [Fact]
    public async Task Of_every_object_all_versions_are_kept_with_the_time_in_which_they_were_current()
    {
        await using var live = await LiveReadModels.Start(new SqliteReadStore());
        object[] events = [Put("x"), Put("y", minute: 1), Deleted(minute: 2), Put("z", minute: 3)];
        var at = events.Select(e => live.Store.Write("object-photos/a", e).Value).ToList();
        await live.CaughtUp();

        using var lease = await live.Database.Read(Cancel);
        var versions = await lease.Session.All(
            new("SELECT from_position, to_position, size IS NULL FROM view_object_version ORDER BY from_position"),
            row => (row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2)),
            Cancel
        );
        Assert.Equal(
            [(at[0], at[1], false), (at[1], at[2], false), (at[2], at[3], true), (at[3], long.MaxValue, false)],
            versions
        );
    }

    /// <summary>A database that is full, busy or out of reach says nothing of the event.</summary>
    [Fact]
    public async Task A_full_disk_is_waited_for_and_stops_no_projection()
    {
        await using var live = await LiveReadModels.Start(new SqliteReadStore());
        await live.Stop();
        var once = new OnceFull(live.Database);
        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(30));
        using var runner = new ProjectionRunner(
            live.Store,
            once,
            ReadModelProjections.All(),
            barrier,
            live.Progress,
            TimeProvider.System,
            NullLogger<ProjectionRunner>.Instance
        );
        using var stop = new CancellationTokenSource();
        var running = runner.Run(stop.Token);
        live.Store.Write("bucket-large", new BucketEvent.Created(new string('x', 1_000_000), Noon));
        Assert.True(await barrier.Pass(live.Store.Last, Cancel));
        Assert.Equal(2, once.Opened);
        Assert.Empty(barrier.Stopped);
        Assert.NotNull(await live.Read.FindBucket("large", Cancel));
        await stop.CancelAsync();
        await running;
    }

    /// <summary>Its first writer finds no room.</summary>
    sealed class OnceFull(IReadDatabase database) : IReadDatabase
    {
        public int Opened { get; private set; }

        public async ValueTask<SqlSession> OpenWriter(CancellationToken cancel)
        {
            var session = await database.OpenWriter(cancel);
            if (Opened++ == 0)
                await session.First(new("PRAGMA max_page_count = 1"), row => row.GetInt64(0), cancel);
            return session;
        }

        public ValueTask<ReadLease> Read(CancellationToken cancel) => database.Read(cancel);

        public SqlFault Judge(DbException fault) => database.Judge(fault);

        public ValueTask<SqlSession> OpenBulkWriter(CancellationToken cancel) => database.OpenBulkWriter(cancel);

        public ValueTask Condemn(string reason) => database.Condemn(reason);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
