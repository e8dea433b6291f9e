using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Workers.Tests.Transfers;

namespace Varve.Workers.Tests;

public sealed class PurgerTests : IAsyncLifetime
{
    static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    static readonly BucketName Photos = BucketName.Parse("photos");

    readonly ShiftedClock clock = new();
    CopyWorld world = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => world = await CopyWorld.Create();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData(1000), InlineData(400_000)]
    public async Task What_nothing_has_any_more_goes_from_every_tier_when_its_time_has_come(int size)
    {
        var (gone, kept) = (await world.PutInBoth(size), await world.PutInBoth(size));
        var copies = (await world.Find(gone)).Copies.Values.ToList();
        await Delete("1");
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
        clock.Ahead = Keep - TimeSpan.FromMinutes(1);
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
        Assert.True((await world.Find(gone)).Holds);

        clock.Ahead = Keep + TimeSpan.FromMinutes(1);
        Assert.Equal(0, await Purger().Purge(2 * Keep, Cancel)); // the setting says longer by now
        Assert.Equal(1, await Purger().Purge(Keep, Cancel));
        Assert.Null((await world.Find(gone)).Stored);
        Assert.Equal(2, copies.Count);
        foreach (var copy in copies) // the event came first, and whoever was to delete them died
            Assert.True(await Has(copy, gone, size));

        await CopyWorld.While(
            Purger(),
            async () => !await Has(copies[0], gone, size) && !await Has(copies[1], gone, size)
        );
        foreach (var copy in (await world.Find(kept)).Copies.Values)
            Assert.True(await Has(copy, kept, size));
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
    }

    [Fact]
    public async Task A_version_that_is_not_the_current_one_keeps_its_content_until_it_is_deleted_itself()
    {
        await world.Do(c => new BucketCommand.Create(c, Photos, "ana"));
        await world.Do(c => new BucketCommand.SetVersioning(c, Photos, BucketVersioning.Enabled));
        var hash = await world.Put(1000);
        var version = (await world.Reads.FindObject("photos", "1", Cancel))!.VersionId;
        await Delete("1");
        await Due();
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
        Assert.Null((await world.Find(hash)).Purge);

        await world.Do(c => new ObjectCommand.DeleteVersion(c, Named("1"), version, Bypass: false));
        await Due();
        Assert.Equal(1, await Purger().Purge(Keep, Cancel));
    }

    [Fact]
    public async Task Who_uses_a_content_in_time_keeps_it()
    {
        var hash = await world.Put(1000);
        var stored = (await world.Find(hash)).Stored!;
        await Delete("1");
        await Due();
        await Use(hash, stored);
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
        Assert.True((await world.Find(hash)).Holds);
    }

    [Fact]
    public async Task What_was_used_without_a_word_while_it_was_being_scheduled_is_revived()
    {
        var hash = await world.Put(1000);
        await world.Do(c => new ContentCommand.SchedulePurge(c, hash, c.At));
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
        Assert.Null((await world.Find(hash)).Purge);
        Assert.Equal(0, await Purger().Purge(TimeSpan.Zero, Cancel));
        Assert.True((await world.Find(hash)).Holds);
    }

    [Fact]
    public async Task While_an_upload_is_open_that_may_have_made_the_content_it_stays()
    {
        var id = Guid.CreateVersion7().ToString("N");
        await world.Do(c => new BucketCommand.Create(c, Photos, "ana"));
        await world.Do(c => new UploadCommand.Init(
            c,
            id,
            Named("film"),
            ObjectAttributes.None,
            null,
            null,
            Plan: null
        ));
        await world.Put(1000);
        await Delete("1");
        await Due();
        Assert.Equal(0, await Purger().Purge(Keep, Cancel));
        await world.Do(c => new UploadCommand.Expire(c, id));
        Assert.Equal(1, await Purger().Purge(Keep, Cancel));
    }

    [Fact]
    public async Task Where_nothing_is_said_of_a_time_nothing_is_scheduled()
    {
        var hash = await world.Put(1000);
        await Delete("1");
        var other = await world.Put(1000);
        await world.Do(c => new ContentCommand.SchedulePurge(c, other, c.At));
        await world.Do(c => new ContentCommand.Purge(c, other));
        var head = await world.Events.Head(Cancel);
        await CopyWorld.While(Purger(keep: null), async () => await world.Places.Find("purger", Cancel) >= head);
        Assert.Equal(head, await world.Events.Head(Cancel));
        Assert.True((await world.Find(hash)).Holds);
    }

    /// <summary>Lets a round schedule what there is, and the time pass.</summary>
    async Task Due()
    {
        await Purger().Purge(Keep, Cancel);
        clock.Ahead += Keep + TimeSpan.FromMinutes(1);
    }

    Task<Outcome> Use(ContentHash hash, ContentEvent.Stored stored) =>
        world.Do(c => new ObjectCommand.Put(
            c,
            Named("again"),
            new(hash, stored.Sha1, stored.Md5, stored.Size, Location: null),
            stored.Md5!,
            ObjectAttributes.None,
            Checksum: null,
            ObjectOrigin.Instant,
            Source: null,
            WriteCondition.None
        ));

    Task<Outcome> Delete(string key) => world.Do(c => new ObjectCommand.Delete(c, Named(key), WriteCondition.None));

    Task<bool> Has(ContentCopy copy, ContentHash hash, int size) =>
        CopyWorld.Holds(world.Contents.Named(copy.Tier), copy.Location, hash, size);

    static ObjectId Named(string key) => new(Photos, ObjectKey.Parse(key));

    Purger Purger(TimeSpan? keep) =>
        new(
            world.Events,
            world.States,
            world.Reads,
            world.Contents,
            world.Door,
            keep,
            world.Places,
            clock,
            NullLogger<Purger>.Instance
        );

    Purger Purger() => Purger(Keep);

    sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
