using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Domain.Projections;
using Varve.EventStores;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class PoisonContract(ReadStore store)
{
    static readonly ObjectEvent.Put Bad = Put("x") with { VersionId = "not hex" };

    [Fact]
    public async Task A_poison_event_stops_its_projection_and_no_other()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "good", "x");
        var poison = live.Store.Write("object-photos/bad", Bad);
        live.Store.Write("bucket-new", new BucketEvent.Created("ana", Noon));
        live.Store.StoreAndPut("photos", "later", "y");
        await live.CaughtUp();

        var stopped = Assert.Single(live.Barrier.Stopped);
        Assert.Equal(
            ("objects", poison, "object-photos/bad", 0L, "ObjectPut"),
            (stopped.Projection, stopped.Position, stopped.Stream, stopped.Revision, stopped.Type)
        );
        Assert.Contains("hex", stopped.Reason, StringComparison.Ordinal);
        Assert.NotNull(await live.Read.FindObject("photos", "good", Cancel));
        Assert.Null(await live.Read.FindObject("photos", "later", Cancel));
        Assert.NotNull(await live.Read.FindBucket("new", Cancel));
        Assert.NotNull(await live.Read.FindFile(Sha1("y"), Cancel));
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
    }

    [Fact]
    public async Task An_event_of_an_unknown_name_or_that_is_no_JSON_is_poison_to_who_reads_its_stream()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write("of-another-program", "Whatever", "no JSON"u8.ToArray());
        live.Store.Write("upload-u1", "SomethingNew", "{}"u8.ToArray());
        live.Store.Write("content-00", "ContentStored", "no JSON"u8.ToArray());
        await live.CaughtUp();
        Assert.Equal(
            [("files", "ContentStored"), ("uploads", "SomethingNew")],
            live.Barrier.Stopped.Select(one => (one.Projection, one.Type)).Order()
        );
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
    }

    [Fact]
    public async Task What_was_skipped_is_left_out_by_the_live_models_and_by_every_rebuild()
    {
        await using var live = await LiveReadModels.Start(store);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var rebuilding = live.Rebuild.RunWhenNeeded(stop.Token);
        live.Store.StoreAndPut("photos", "good", "x");
        var poison = live.Store.Write("object-photos/bad", Bad);
        live.Store.StoreAndPut("photos", "later", "y");
        await live.CaughtUp();
        Assert.Single(live.Barrier.Stopped);

        live.Store.Write(ProjectionSkips.StreamOf("objects"), Skipped("object-photos/bad", 0, poison));
        while (live.Barrier.Stopped.Length > 0)
            await Task.Delay(10, Cancel);
        live.Store.StoreAndPut("photos", "last", "z");
        await live.CaughtUp();
        foreach (var key in (string[])["good", "later", "last"])
            Assert.NotNull(await live.Read.FindObject("photos", key, Cancel));
        Assert.Null(await live.Read.FindObject("photos", "bad", Cancel));
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rebuilding);
    }

    [Fact]
    public async Task A_projection_stays_stopped_across_a_start_and_a_rebuild()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write("object-photos/bad", Bad);
        await live.CaughtUp();
        await live.Rebuild.Run("test", Cancel);
        Assert.Equal("objects", Assert.Single(live.Barrier.Stopped).Projection);
        await live.Stop();

        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(30));
        using var stop = new CancellationTokenSource();
        using var runner = live.Runner(barrier: barrier);
        var running = runner.Run(stop.Token);
        Assert.True(await barrier.Pass(live.Store.Last, Cancel));
        Assert.Equal("objects", Assert.Single(barrier.Stopped).Projection);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task What_cannot_be_read_in_the_stream_of_skips_stops_nobody()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write(ProjectionSkips.StreamOf("objects"), "EventSkipped", "no JSON"u8.ToArray());
        live.Store.Write(ProjectionSkips.StreamOf("objects"), "OfAnotherTime", "{}"u8.ToArray());
        live.Store.StoreAndPut("photos", "good", "x");
        await live.CaughtUp();
        Assert.Empty(live.Barrier.Stopped);
        Assert.NotNull(await live.Read.FindObject("photos", "good", Cancel));
    }

    static ProjectionEvent.EventSkipped Skipped(string stream, long revision, Position position) =>
        new(stream, revision, position.Value, "ObjectPut", "broken", Noon);
}
