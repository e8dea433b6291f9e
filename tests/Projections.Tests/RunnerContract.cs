using Varve.Domain.Buckets;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class RunnerContract(ReadStore store)
{
    [Fact]
    public async Task Rows_and_checkpoint_are_written_together_or_not_at_all()
    {
        await using var live = await LiveReadModels.Start(store);
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
        await using var live = await LiveReadModels.Start(store);
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
        await using var live = await LiveReadModels.Start(store);
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
    public async Task Progress_is_filled_from_the_rows_at_start_and_follows_the_events()
    {
        await using var live = await LiveReadModels.Start(store);
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
            new SkippedEvents(),
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
