using Varve.Domain.Buckets;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public sealed class RunnerTests
{
    [Fact]
    public async Task Rows_and_checkpoint_are_written_together_or_not_at_all()
    {
        await using var live = await LiveReadModels.Start();
        live.Store.StoreAndPut("photos", "a", "x");
        await live.CaughtUp();
        await live.Stop();
        var before = await live.Rows();
        for (var i = 0; i < 20; i++)
            live.Store.StoreAndPut("photos", $"b{i}", $"x{i}");

        using var cut = new CancellationTokenSource();
        IReadOnlyList<IProjection> cutting = [.. ReadModelProjections.All(), new CutAt("object-photos/b10", cut)];
        await live.Runner(cutting).Run(cut.Token);
        Assert.Equal(before, await live.Rows());

        using var stop = new CancellationTokenSource();
        var again = live.Runner().Run(stop.Token);
        await live.CaughtUp();
        await stop.CancelAsync();
        await again;
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
    }

    [Fact]
    public async Task Two_runners_on_one_database_count_each_event_once()
    {
        await using var live = await LiveReadModels.Start();
        using var stop = new CancellationTokenSource();
        var second = live.Runner(barrier: new ProjectionBarrier(TimeSpan.FromSeconds(1))).Run(stop.Token);
        for (var i = 0; i < 500; i++)
        {
            live.Store.StoreAndPut("photos", $"k{i % 50}", $"x{i}");
            if (i % 20 == 0)
                await Task.Yield();
        }
        await live.CaughtUp();
        await stop.CancelAsync();
        await second;
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
    }

    [Fact]
    public async Task A_projector_that_was_overtaken_writes_nothing()
    {
        await using var live = await LiveReadModels.Start();
        await live.Stop();
        await using var slow = await OpenProjector(live);
        await using var fast = await OpenProjector(live);
        var e = new RecordedEvent(
            "bucket-photos",
            0,
            new(10),
            Guid.NewGuid(),
            "BucketCreated",
            Noon,
            default,
            default,
            new BucketEvent.Created("ana", Noon)
        );
        await fast.Apply([e], new(10), Cancel);
        await Assert.ThrowsAsync<FencedException>(async () =>
            await slow.Apply([e with { Stream = "bucket-other" }], new(10), Cancel)
        );
        Assert.Equal(["photos"], (await live.Read.ListBuckets(null, Cancel)).Select(bucket => bucket.Name));
    }

    [Fact]
    public async Task A_poison_event_parks_its_own_stream_and_the_rest_moves_on()
    {
        await using var live = await LiveReadModels.Start();
        live.Store.StoreAndPut("photos", "good", "x");
        live.Store.Write("object-photos/bad", Put("x") with { VersionId = "not hex" });
        live.Store.Write("object-photos/bad", Put("x"));
        live.Store.Write("bucket-strange", "SomethingNew", "{}"u8.ToArray());
        live.Store.Write("bucket-strange", new BucketEvent.Created("ana", Noon));
        live.Store.Write("of-another-program", "Whatever", "no JSON"u8.ToArray());
        live.Store.StoreAndPut("photos", "later", "y");
        await live.CaughtUp();

        Assert.NotNull(await live.Read.FindObject("photos", "good", Cancel));
        Assert.NotNull(await live.Read.FindObject("photos", "later", Cancel));
        Assert.Null(await live.Read.FindObject("photos", "bad", Cancel));
        Assert.Null(await live.Read.FindBucket("strange", Cancel));
        var parked = (await live.Rows()).Where(row => row.StartsWith("tbl_parked", StringComparison.Ordinal));
        // Two of bad in objects.v1; two of strange in buckets.v1, user-files.v1 and instants.v1.
        Assert.Equal(8, parked.Count());
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
    }

    [Fact]
    public async Task Read_models_of_another_schema_or_damaged_or_condemned_are_rebuilt_at_the_next_start()
    {
        var folder = NewFolder();
        var store = new InMemoryEventStore();
        store.StoreAndPut("photos", "a", "x");
        foreach (
            var harm in (Action<string>[])
                [Garble, path => new SqliteReadDatabase(path).Condemn("it is ill"), File.Delete]
        )
        {
            await using (await Generations(folder, store).Open(null, Cancel)) { }
            harm(Directory.GetFiles(Path.Combine(folder, "read"), "*.db").Single());
            await using var database = await Generations(folder, store).Open(null, Cancel);
            Assert.NotNull(await new ReadModels(database, new(TimeSpan.Zero)).FindObject("photos", "a", Cancel));
            Assert.Single(Directory.GetFiles(Path.Combine(folder, "read"), "*.db"));
        }
        Directory.Delete(folder, recursive: true);

        static void Garble(string path) => File.WriteAllText(path, new string('x', 10_000));
    }

    [Fact]
    public async Task Verifying_compares_every_table_with_one_built_anew()
    {
        await using var live = await LiveReadModels.Start();
        live.Store.StoreAndPut("photos", "a", "x");
        await live.CaughtUp();
        await live.Stop();
        var pairs = await live.Generations().Verify(null, Cancel);
        Assert.All(pairs, pair => Assert.Equal(pair.Rebuilt, pair.Live));
        Assert.Equal(1, pairs.Single(pair => pair.Live.Table == "tbl_object").Live.Rows);
    }

    [Fact]
    public async Task Of_every_object_all_versions_are_kept_with_the_time_in_which_they_were_current()
    {
        await using var live = await LiveReadModels.Start();
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

    [Fact]
    public async Task Progress_is_filled_from_the_rows_at_start_and_follows_the_events()
    {
        await using var live = await LiveReadModels.Start();
        live.Store.Write("upload-u1", UploadSamples.Initiated);
        live.Store.Write("upload-u1", UploadSamples.Part(2));
        live.Store.Write("upload-u1", UploadSamples.Part(1));
        await live.CaughtUp();
        var again = new InMemoryUploadProgress();
        using (var lease = await live.Database.Read(Cancel))
            await UploadQueries.Fill(lease.Session, again, Cancel);
        Assert.Equal([1, 2], (await again.Find("u1", Cancel))!.Received);
        Assert.Equal("u1", await live.Read.FindOpenUpload("ana", Sha1("x"), Cancel));

        live.Store.Write("upload-u1", new Domain.Uploads.UploadEvent.Cancelled(Noon));
        await live.CaughtUp();
        Assert.Null(await live.Read.FindOpenUpload("ana", Sha1("x"), Cancel));
    }

    static async Task<Projector> OpenProjector(LiveReadModels live) =>
        await Projector.Open(
            live.Database,
            await live.Database.OpenWriter(Cancel),
            ReadModelProjections.All(),
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
            Cancel
        );

    /// <summary>Stops its runner in the middle of a transaction.</summary>
    sealed class CutAt(string stream, CancellationTokenSource cut) : IProjection
    {
        public string Name => "cut";

        public IReadOnlyList<string> StreamPrefixes => ["object-"];

        public IReadOnlyList<Statement> Project(Fact fact)
        {
            if (fact.Stream == stream)
                cut.Cancel();
            return [];
        }
    }
}
