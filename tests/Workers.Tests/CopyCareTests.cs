using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Contents;
using Varve.Workers.Tests.Transfers;

namespace Varve.Workers.Tests;

/// <summary>Repair, eviction and scrubbing of copies.</summary>
public sealed class CopyCareTests : IAsyncLifetime
{
    CopyWorld world = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => world = await CopyWorld.Create();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData(1000), InlineData(400_000)]
    public async Task A_damaged_local_copy_is_healed_from_afar(int size)
    {
        var hash = await world.PutInBoth(size);
        await Lose(hash, "disk");
        await CopyWorld.While(Repairer(), () => world.IsIn(hash, "disk"));
        Assert.True(await CopyWorld.Holds(world.Disk, (await world.Find(hash)).Copies["disk"].Location, hash, size));
    }

    [Fact]
    public async Task A_damaged_far_copy_is_healed_from_here()
    {
        var hash = await world.PutInBoth(1000);
        await Lose(hash, "ceph");
        await CopyWorld.While(Repairer(), () => world.IsIn(hash, "ceph"));
    }

    [Fact]
    public async Task What_cannot_be_healed_yet_is_tried_again()
    {
        var hash = await world.PutInBoth(1000);
        await Lose(hash, "disk");
        world.Ceph.IsReachable = false;
        Assert.Equal(0, await Repairer().RepairAll(Cancel));
        world.Ceph.IsReachable = true;
        Assert.Equal(1, await Repairer().RepairAll(Cancel));
        Assert.True(await world.IsIn(hash, "disk"));
    }

    [Theory]
    [InlineData(1000), InlineData(400_000)]
    public async Task The_oldest_local_copies_that_are_elsewhere_go_until_the_rest_fits(int size)
    {
        var (oldest, alone, newest) = (await world.PutInBoth(size), await world.Put(size), await world.PutInBoth(size));
        var evictor = Evictor(new(BytesMax: 2 * size, Keep: null));
        Assert.Equal(1, await evictor.Evict(Cancel));
        Assert.Equal(0, await evictor.Evict(Cancel));
        Assert.False(await world.IsIn(oldest, "disk"));
        Assert.True(await world.IsIn(alone, "disk"));
        Assert.True(await world.IsIn(newest, "disk"));
    }

    [Fact]
    public async Task Old_local_copies_go_where_another_tier_has_them()
    {
        var (copied, alone) = (await world.PutInBoth(1000), await world.Put(1000));
        Assert.Equal(0, await Evictor(new(null, TimeSpan.FromHours(1))).Evict(Cancel));
        Assert.Equal(1, await Evictor(new(null, TimeSpan.Zero)).Evict(Cancel));
        Assert.False(await world.IsIn(copied, "disk"));
        Assert.True(await world.IsIn(alone, "disk"));
    }

    [Theory]
    [InlineData(1000), InlineData(400_000)]
    public async Task The_bytes_go_after_the_event_even_if_a_crash_came_between(int size)
    {
        var hash = await world.PutInBoth(size);
        var location = (await world.Find(hash)).Copies["disk"].Location;
        await world.Do(context => new ContentCommand.Evict(context, hash, "disk"));
        Assert.True(await CopyWorld.Holds(world.Disk, location, hash, size));

        var evictor = Evictor(new(null, null));
        await CopyWorld.While(evictor, async () => !await CopyWorld.Holds(world.Disk, location, hash, size));
        Assert.Equal(location, (await world.Find(hash)).Stored!.Location);
        await using var reader = await world.Contents.Open(hash.Hex, location, size, Cancel);
        Assert.True(await CopyWorld.Holds(world.Ceph, (await world.Find(hash)).Copies["ceph"].Location, hash, size));
    }

    [Fact]
    public async Task Bytes_that_came_back_are_not_deleted()
    {
        var (hash, marker) = (await world.PutInBoth(400_000), await world.PutInBoth(400_000));
        var location = (await world.Find(hash)).Copies["disk"].Location;
        await world.Do(context => new ContentCommand.Evict(context, hash, "disk"));
        var again = await world.Copier.Copy(hash, "disk", Cancel);
        Assert.NotEqual(location, again);
        var last = (await world.Find(marker)).Copies["disk"].Location;
        await world.Do(context => new ContentCommand.Evict(context, marker, "disk"));

        var evictor = Evictor(new(null, null));
        await CopyWorld.While(evictor, async () => !await CopyWorld.Holds(world.Disk, last, marker, 400_000));
        Assert.False(await CopyWorld.Holds(world.Disk, location, hash, 400_000));
        Assert.True(await CopyWorld.Holds(world.Disk, again!, hash, 400_000));
    }

    [Fact]
    public async Task A_scrub_reads_all_and_puts_on_record_what_is_damaged()
    {
        var sound = await world.Put(300_000);
        var damaged = await world.Put(300_000);
        await world.Disk.Purge((await world.Find(damaged)).Stored!.Location, Cancel);
        var pass = await Scrubber(bytesPerSecond: long.MaxValue).Scrub(Cancel);
        Assert.Equal((2, 600_000, 1), (pass.Contents, pass.Bytes, pass.Damaged));
        Assert.Equal(1, pass.Fraction);
        Assert.True((await world.Find(sound)).Holds);
        Assert.False((await world.Find(damaged)).Holds);
    }

    [Fact]
    public async Task A_scrub_reads_no_faster_than_it_may()
    {
        await world.Put(100_000);
        await world.Put(100_000);
        var begun = TimeProvider.System.GetTimestamp();
        await Scrubber(bytesPerSecond: 400_000).Scrub(Cancel);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0.49, 60);
    }

    [Fact]
    public async Task A_scrub_begins_when_it_is_asked_for_and_what_it_found_outlives_the_process()
    {
        await world.Put(1000);
        var scrubber = Scrubber(bytesPerSecond: long.MaxValue);
        scrubber.Ask();
        await CopyWorld.While(scrubber, () => Task.FromResult(scrubber.Pass is { Contents: 1, FinishedAt: not null }));
        var next = Scrubber(bytesPerSecond: long.MaxValue);
        await CopyWorld.While(next, () => Task.FromResult(next.Pass is not null));
        Assert.Equal(scrubber.Pass, next.Pass);
    }

    [Fact]
    public async Task A_scrub_that_was_cut_goes_on_where_it_was()
    {
        var hashes = new List<ContentHash>();
        for (var i = 0; i < 3; i++)
            hashes.Add(await world.Put(1000 + i));
        var first = hashes.Select(hash => hash.Hex).Order(StringComparer.Ordinal).First();
        var cut = new ScrubPass(UploadWorld.Now, FinishedAt: null, first, Contents: 1, Bytes: 1000, Damaged: 0);
        var json = System.Text.Json.JsonSerializer.Serialize(cut);
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "scrub.json"), json, Cancel);
        var scrubber = Scrubber(bytesPerSecond: long.MaxValue);
        await CopyWorld.While(scrubber, () => Task.FromResult(scrubber.Pass?.FinishedAt is not null));
        Assert.Equal(3, scrubber.Pass!.Contents);
    }

    /// <summary>The bytes go, and somebody notices.</summary>
    async Task Lose(ContentHash hash, string tier)
    {
        var location = (await world.Find(hash)).Copies[tier].Location;
        await world.Contents.Named(tier).Purge(location, Cancel);
        await world.Do(context => new ContentCommand.ReportDamage(context, hash, location, "missing"));
        Assert.False(await world.IsIn(hash, tier));
    }

    Repairer Repairer() =>
        new(world.Events, world.Reads, world.Copier, world.Places, TimeProvider.System, NullLogger<Repairer>.Instance);

    Evictor Evictor(EvictionRules rules) =>
        new(
            world.Events,
            world.States,
            world.Reads,
            world.Disk,
            world.Door,
            rules,
            world.Places,
            TimeProvider.System,
            NullLogger<Evictor>.Instance
        );

    Scrubber Scrubber(long bytesPerSecond) =>
        new(
            world.Reads,
            world.Disk,
            world.Door,
            new(bytesPerSecond, Days: 30),
            world.Folder,
            TimeProvider.System,
            NullLogger<Scrubber>.Instance
        );
}
