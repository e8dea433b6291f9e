using Varve.Tiers.Disk;

namespace Varve.Tiers.Tests.Disk;

public sealed class CommitTests : IAsyncDisposable
{
    readonly TempTier temp = new();

    public ValueTask DisposeAsync() => temp.DisposeAsync();

    [Fact]
    public async Task Sixty_four_writers_need_well_under_one_sync_for_ten_records()
    {
        const int Writers = 64;
        const int Each = 60;
        var bytes = Pieces.Random(1, 4096);
        await Task.WhenAll(
            Enumerable
                .Range(0, Writers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (var i = 0; i < Each; i++)
                            await temp.Tier.Put(bytes);
                    })
                )
        );
        var (records, syncs, _) = temp.Tier.Statistics;
        Assert.Equal(Writers * Each, records);
        Assert.InRange(syncs, 1, records / 15);
    }

    [Fact]
    public async Task A_lone_writer_never_waits_for_others()
    {
        for (var i = 0; i < 50; i++)
            await temp.Tier.Put([1]);
        Assert.Equal(new DiskStatistics(50, 50, 0), temp.Tier.Statistics);
    }

    [Fact]
    public async Task A_lone_writer_commits_on_its_own_thread()
    {
        var body = new MemoryBody(Pieces.Random(2, 4096));
        await using var staged = await temp.Tier.Stage(body, TierCalls.NoLimit, CancellationToken.None);
        Assert.True(temp.Tier.Keep(staged, CancellationToken.None).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_commit_that_fails_keeps_nothing_and_the_next_succeeds()
    {
        await using var small = new TempTier(folder => new DiskTierOptions
        {
            Folder = folder,
            VolumeSizeMax = 4096,
            VolumeStep = 4096,
        });
        var first = await small.Tier.Put(Pieces.Random(1, 3000));
        var (volumes, aside) = (small.PathOf("volume"), small.PathOf("aside"));

        Directory.Move(volumes, aside); // the next record needs a new volume, which can't be made now
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<IOException>(() => small.Tier.Put(Pieces.Random(2, 3000)));
        Directory.Move(aside, volumes);

        var second = await small.Tier.Put(Pieces.Random(3, 3000));
        Assert.Equal(Pieces.Random(1, 3000), await small.Tier.Get(first, 3000));
        Assert.Equal(Pieces.Random(3, 3000), await small.Tier.Get(second, 3000));
        Assert.Equal(2, Directory.GetFiles(volumes).Length);
    }

    [Fact]
    public async Task A_file_that_cannot_be_named_is_not_kept()
    {
        var bytes = Pieces.Random(4, 400_000);
        Directory.Delete(temp.PathOf("file"), recursive: true);
        File.WriteAllText(temp.PathOf("file"), "in the way");
        await Assert.ThrowsAnyAsync<IOException>(() => temp.Tier.Put(bytes));
        Assert.Empty(Directory.GetFiles(temp.PathOf("tmp")));

        File.Delete(temp.PathOf("file"));
        Assert.Equal(bytes, await temp.Tier.Get(await temp.Tier.Put(bytes), bytes.Length));
    }

    [Fact]
    public async Task A_closed_tier_keeps_nothing()
    {
        var staged = await temp.Tier.Stage(new MemoryBody([1]), TierCalls.NoLimit, CancellationToken.None);
        await temp.Tier.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
            await temp.Tier.Keep(staged, CancellationToken.None)
        );
        await temp.Restart(() => { });
    }

    [Fact]
    public async Task A_purged_record_gives_its_blocks_back()
    {
        var location = await temp.Tier.Put(Pieces.Random(5, 200_000));
        await temp.Tier.Purge(location, CancellationToken.None);
        var volume = File.ReadAllBytes(temp.PathOf("volume/000001.vol"));
        Assert.False(volume.AsSpan(128).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task Parts_of_one_upload_may_come_and_go_at_once()
    {
        var bytes = Pieces.Random(6, 300_000);
        await Task.WhenAll(
            Enumerable
                .Range(1, 20)
                .Select(number =>
                    Task.Run(async () =>
                    {
                        var part = await temp.Tier.PutPart("busy", number, bytes);
                        Assert.Equal(bytes, await temp.Tier.Get(part.Location, part.Size));
                        await temp.Tier.Purge(part.Location, CancellationToken.None);
                    })
                )
        );
        Assert.Empty(Directory.GetFileSystemEntries(temp.PathOf("part")));
    }

    [Fact]
    public async Task The_whole_hash_follows_the_parts_in_the_background()
    {
        for (var number = 4; number >= 1; number--)
            await temp.Tier.PutPart("follow", number, Pieces.Random(number, 300_000));
        await Until(() => temp.Tier.Followed("follow") == 4);

        await temp.Tier.PutPart("follow", 6, Pieces.Random(6, 10));
        await temp.Tier.PutPart("follow", 5, Pieces.Random(5, 10));
        await Until(() => temp.Tier.Followed("follow") == 6);

        temp.Tier.Forget("follow");
        Assert.Equal(0, temp.Tier.Followed("follow"));
    }

    static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
