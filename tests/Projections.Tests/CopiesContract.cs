using Varve.Domain.Contents;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class CopiesContract(ReadStore store)
{
    static readonly string Stream = $"content-{Sha256("x")}";
    static readonly ContentEvent Copied = new ContentEvent.Copied(
        Sha1("x"),
        "ceph",
        "ceph:userfile/ceph/x",
        Noon.AddMinutes(1)
    );
    static readonly ContentEvent Damaged = new ContentEvent.Damaged("disk:x", "CRC", Noon.AddMinutes(2));
    static readonly ContentEvent Evicted = new ContentEvent.Evicted(Sha1("x"), "disk", "disk:x", Noon.AddMinutes(3));

    [Fact]
    public async Task A_copy_that_arrives_farther_away_is_the_second_choice()
    {
        await using var live = await With(Copied);
        Assert.Equal(["disk:x", "ceph:userfile/ceph/x"], await live.Read.LocationsOf(Sha256("x"), Cancel));
        Assert.Equal("disk:x", (await live.Read.FindObject("photos", "a", Cancel))!.Location);
        var file = await live.Read.FindFile(Sha1("x"), Cancel);
        Assert.Equal(("disk:x", Noon), (file!.Location, file.UpdatedAt));
    }

    [Fact]
    public async Task A_damaged_copy_is_the_last_choice_until_it_is_healed()
    {
        await using var live = await With(Copied, Damaged);
        Assert.Equal("ceph:userfile/ceph/x", (await live.Read.FindObject("photos", "a", Cancel))!.Location);
        Assert.Equal(["disk:x"], (await live.Read.RepairableCopies(9, Cancel)).Select(copy => copy.Location));

        live.Store.Write(Stream, new ContentEvent.Repaired(Sha1("x"), "disk", "disk:y", "ceph:userfile/ceph/x", Noon));
        await live.CaughtUp();
        Assert.Equal(["disk:y", "ceph:userfile/ceph/x"], await live.Read.LocationsOf(Sha256("x"), Cancel));
        Assert.Equal("disk:y", (await live.Read.FindFile(Sha1("x"), Cancel))!.Location);
        Assert.Empty(await live.Read.RepairableCopies(9, Cancel));
    }

    [Fact]
    public async Task Damage_of_the_only_copy_changes_no_location_and_cannot_be_repaired()
    {
        await using var live = await With(Damaged);
        Assert.Equal("disk:x", (await live.Read.FindObject("photos", "a", Cancel))!.Location);
        Assert.Empty(await live.Read.RepairableCopies(9, Cancel));
    }

    [Fact]
    public async Task When_the_local_copy_is_evicted_the_file_s_address_is_the_far_one()
    {
        await using var live = await With(Copied);
        Assert.Equal(Sha256("x"), Assert.Single(await live.Read.EvictableCopies("disk", 9, Cancel)).Content);
        live.Store.Write(Stream, Evicted);
        await live.CaughtUp();
        var file = await live.Read.FindFile(Sha1("x"), Cancel);
        Assert.Equal(("ceph:userfile/ceph/x", Noon.AddMinutes(3)), (file!.Location, file.UpdatedAt));
        Assert.Empty(await live.Read.EvictableCopies("ceph", 9, Cancel));
        Assert.Equal(
            (0, Stored("x").Size),
            (await live.Read.BytesIn("disk", Cancel), await live.Read.BytesIn("ceph", Cancel))
        );
    }

    [Fact]
    public async Task A_purge_takes_all_copies()
    {
        await using var live = await With(Copied, new ContentEvent.Purged(Noon));
        Assert.Empty(await live.Read.LocationsOf(Sha256("x"), Cancel));
        Assert.Null((await live.Read.FindObject("photos", "a", Cancel))!.Location);
    }

    [Fact]
    public async Task Copies_of_a_tier_come_in_pages_in_order_of_their_contents()
    {
        await using var live = await With(Copied);
        live.Store.StoreAndPut("photos", "b", "y");
        live.Store.StoreAndPut("photos", "c", "z");
        await live.CaughtUp();
        string[] contents = [.. ((string[])["x", "y", "z"]).Select(Sha256).Order(StringComparer.Ordinal)];
        var first = await live.Read.CopiesIn("disk", "", 2, Cancel);
        var second = await live.Read.CopiesIn("disk", first[^1].Content, 2, Cancel);
        Assert.Equal(contents, first.Concat(second).Select(copy => copy.Content));
    }

    [Fact]
    public async Task A_rebuild_gives_the_same_copies()
    {
        await using var live = await With(Copied, Damaged);
        Assert.Equal(await live.Rows(), await live.RebuiltRows());
    }

    async Task<LiveReadModels> With(params ContentEvent[] events)
    {
        var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "a", "x");
        foreach (var @event in events)
            live.Store.Write(Stream, @event);
        await live.CaughtUp();
        return live;
    }
}
