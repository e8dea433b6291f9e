using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Projections;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class UnreferencedContract(ReadStore store)
{
    static readonly DateTimeOffset Later = Noon.AddDays(30);

    [Fact]
    public async Task A_content_is_unreferenced_when_no_version_of_any_object_has_it()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "a", "current");
        live.Store.Write($"content-{Sha256("never named")}", Stored("never named"));
        live.Store.StoreAndPut("photos", "b", "overwritten");
        live.Store.StoreAndPut("photos", "b", "newer");
        live.Store.StoreAndPut("photos", "c", "deleted");
        live.Store.Write("object-photos/c", Deleted(1));
        live.Store.StoreAndPut("photos", "d", "shared");
        live.Store.Write("object-photos/e", Put("shared"));
        live.Store.Write("object-photos/d", Deleted(1));
        live.Store.Write($"content-{Sha256("version")}", Stored("version"));
        live.Store.Write("object-films/f", Put("version") with { Versioning = BucketVersioning.Enabled });
        live.Store.StoreAndPut("photos", "other", "marker");
        live.Store.Write("object-films/f", Put("marker", 1) with { Versioning = BucketVersioning.Enabled });
        live.Store.StoreAndPut("photos", "g", "purged");
        live.Store.Write("object-photos/g", Deleted(1));
        live.Store.Write($"content-{Sha256("purged")}", new ContentEvent.Purged(Noon));
        await live.CaughtUp();
        Assert.Equal(
            InOrder("never named", "overwritten", "deleted"),
            (await live.Read.Unreferenced("", Noon, 9, Cancel)).Select(one => one.Content)
        );
    }

    [Fact]
    public async Task What_is_scheduled_comes_again_when_it_is_due_and_by_the_page()
    {
        await using var live = await LiveReadModels.Start(store);
        foreach (var content in (string[])["x", "y", "z"])
            live.Store.Write($"content-{Sha256(content)}", Stored(content));
        live.Store.Write($"content-{Sha256("x")}", new ContentEvent.PurgeScheduled(Later, Noon));
        await live.CaughtUp();
        Assert.Equal(
            InOrder("y", "z"),
            (await live.Read.Unreferenced("", Later.AddTicks(-1), 9, Cancel)).Select(one => one.Content)
        );
        var first = await live.Read.Unreferenced("", Later, 2, Cancel);
        var second = await live.Read.Unreferenced(first[^1].Content, Later, 2, Cancel);
        UnreferencedContent[] all = [.. first, .. second];
        Assert.Equal(InOrder("x", "y", "z"), all.Select(one => one.Content));
        Assert.Equal(Sha256("x"), all.Single(one => one.IsDue).Content);
    }

    [Fact]
    public async Task What_is_scheduled_and_has_a_name_is_found()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "a", "x");
        live.Store.StoreAndPut("photos", "b", "y");
        await live.CaughtUp();
        Assert.Empty(await live.Read.ReferencedAgain(9, Cancel));
        live.Store.Write($"content-{Sha256("x")}", new ContentEvent.PurgeScheduled(Later, Noon));
        await live.CaughtUp();
        Assert.Equal(Sha256("x"), Assert.Single(await live.Read.ReferencedAgain(9, Cancel)));
        live.Store.Write($"content-{Sha256("x")}", new ContentEvent.Revived(Noon));
        await live.CaughtUp();
        Assert.Empty(await live.Read.ReferencedAgain(9, Cancel));
    }

    [Fact]
    public async Task What_a_projection_leaves_out_is_missing()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "a", "x");
        Assert.Null(await live.Read.WhatIsMissing(live.Store, Cancel));
        live.Store.Write(
            ProjectionSkips.StreamOf(((IProjection)new Objects.ObjectRows()).Subject),
            new ProjectionEvent.EventSkipped("object-photos/a", 7, 8, "ObjectPut", "unreadable", Noon)
        );
        Assert.NotNull(await live.Read.WhatIsMissing(live.Store, Cancel));
    }

    static IEnumerable<string> InOrder(params string[] contents) =>
        contents.Select(Sha256).Order(StringComparer.Ordinal);
}
