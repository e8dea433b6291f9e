using Microsoft.Extensions.Logging.Abstractions;
using Varve.Tiers.Disk;

namespace Varve.Tiers.Tests.Disk;

/// <summary>What a crash can leave: any part of the last commit, written in any order; unfinished files.</summary>
public sealed class RecoveryTests : IAsyncDisposable
{
    static readonly int[] Sizes = [10, 0, 64, 5000, 63, 1000, 4096, 300];

    readonly TempTier temp = new(folder => new DiskTierOptions { Folder = folder, VolumeStep = 8192 });

    string Volume => temp.PathOf("volume/000001.vol");

    public ValueTask DisposeAsync() => temp.DisposeAsync();

    [Fact]
    public async Task A_volume_cut_anywhere_keeps_what_was_whole_and_takes_more()
    {
        var kept = await PutSome();
        var original = File.ReadAllBytes(Volume);
        foreach (var cut in Cuts(kept, original.Length))
            await Survives(kept, cut, original[..cut]);
    }

    [Fact]
    public async Task A_tail_that_was_never_written_is_used()
    {
        var kept = await PutSome();
        var original = File.ReadAllBytes(Volume);
        foreach (var cut in Cuts(kept, original.Length))
            await Survives(kept, cut, [.. original[..cut], .. new byte[original.Length - cut]]);
    }

    [Fact]
    public async Task A_tail_of_garbage_is_stepped_over()
    {
        var kept = await PutSome();
        var original = File.ReadAllBytes(Volume);
        foreach (var cut in Cuts(kept, original.Length))
            await Survives(kept, cut, [.. original[..cut], .. Pieces.Random(cut, original.Length - cut)]);
    }

    [Fact]
    public async Task A_rotten_record_in_the_middle_does_not_cost_those_behind_it()
    {
        var kept = await PutSome();
        var original = File.ReadAllBytes(Volume);
        foreach (var (location, _) in kept.SkipLast(1))
        {
            var garbled = original.ToArray();
            Pieces.Random(1, 64).CopyTo(garbled, (int)OffsetOf(location));
            await temp.Restart(() => File.WriteAllBytes(Volume, garbled));
            foreach (var (other, bytes) in kept.Where(k => k.Location != location))
                Assert.Equal(bytes, await temp.Tier.Get(other, bytes.Length));
            await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, 10));
            await TakesMore(kept.Where(k => k.Location != location));
        }
    }

    [Fact]
    public async Task A_record_that_a_purge_emptied_is_no_end()
    {
        var kept = await PutSome();
        foreach (var (location, _) in kept.Skip(3))
            await temp.Tier.Purge(location, CancellationToken.None);
        await temp.Restart(() => { });
        var again = await temp.Tier.Put([1, 2, 3]);
        Assert.DoesNotContain(again, kept.Select(k => k.Location));
        Assert.Equal([1, 2, 3], await temp.Tier.Get(again, 3));
        foreach (var (location, bytes) in kept.Take(3))
            Assert.Equal(bytes, await temp.Tier.Get(location, bytes.Length));
    }

    [Fact]
    public async Task The_place_of_a_rotten_last_record_is_not_used_again()
    {
        var location = await temp.Tier.Put(Pieces.Random(1, 1000));
        await temp.Restart(() =>
        {
            using var file = File.OpenHandle(Volume, FileMode.Open, FileAccess.Write);
            RandomAccess.Write(file, [0xFF], OffsetOf(location));
        });
        Assert.NotEqual(location, await temp.Tier.Put(Pieces.Random(2, 1000)));
        await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, 1000));
    }

    [Fact]
    public async Task Unfinished_bodies_are_deleted()
    {
        await temp.Restart(() => File.WriteAllText(temp.PathOf("tmp/8c1f"), "half"));
        Assert.Empty(Directory.GetFiles(temp.PathOf("tmp")));
    }

    [Fact]
    public async Task A_body_that_is_not_kept_leaves_no_file()
    {
        var body = new BrokenBody(Pieces.Random(1, 400_000), new IOException("gone"));
        await Assert.ThrowsAsync<IOException>(async () =>
            await temp.Tier.Stage(body, TierCalls.NoLimit, CancellationToken.None)
        );
        await using (
            await temp.Tier.Stage(new MemoryBody(new byte[400_000]), TierCalls.NoLimit, CancellationToken.None)
        )
            Assert.Single(Directory.GetFiles(temp.PathOf("tmp")));
        Assert.Empty(Directory.GetFiles(temp.PathOf("tmp")));
    }

    [Fact]
    public async Task The_last_of_several_volumes_goes_on()
    {
        await using var small = new TempTier(folder => new DiskTierOptions
        {
            Folder = folder,
            VolumeStep = 4096,
            VolumeSizeMax = 20_000,
        });
        var kept = new List<(string Location, byte[] Bytes)>();
        for (var i = 0; i < 12; i++)
        {
            var bytes = Pieces.Random(i, i == 7 ? 50_000 : 5000); // one is larger than a volume
            kept.Add((await small.Tier.Put(bytes), bytes));
            await small.Restart(() => { });
        }
        Assert.InRange(Directory.GetFiles(small.PathOf("volume")).Length, 4, 6);
        foreach (var (location, bytes) in kept)
            Assert.Equal(bytes, await small.Tier.Get(location, bytes.Length));
    }

    [Fact]
    public async Task Joined_contents_survive_and_following_starts_anew()
    {
        var (one, two) = (Pieces.Random(1, 300_000), Pieces.Random(2, 5000));
        Segment[] parts = [await temp.Tier.PutPart("u", 1, one), await temp.Tier.PutPart("u", 2, two)];
        await temp.Restart(() => { });
        Assert.Equal(0, temp.Tier.Followed("u"));
        string location;
        await using (var joined = await temp.Tier.Join("u", parts, CancellationToken.None))
            location = await temp.Tier.Keep(joined, CancellationToken.None);
        await temp.Restart(() => { });
        Assert.Equal((byte[])[.. one, .. two], await temp.Tier.Get(location, one.Length + two.Length));
    }

    [Fact]
    public void A_folder_is_held_by_one_tier() =>
        Assert.Throws<IOException>(() => DiskTier.Open(temp.Options, NullLogger<DiskTier>.Instance));

    async Task<List<(string Location, byte[] Bytes)>> PutSome()
    {
        var kept = new List<(string, byte[])>();
        foreach (var size in Sizes)
        {
            var bytes = Pieces.Random(size, size);
            kept.Add((await temp.Tier.Put(bytes), bytes));
        }
        return kept;
    }

    /// <summary>Every header's and payload's edges, and between.</summary>
    static IEnumerable<int> Cuts(List<(string Location, byte[] Bytes)> kept, int length) =>
        kept.SelectMany(k =>
            {
                var start = (int)OffsetOf(k.Location);
                return (int[])
                    [
                        start,
                        start + 1,
                        start + 30,
                        start + 63,
                        start + 64,
                        start + 65,
                        start + 64 + (k.Bytes.Length / 2),
                        start + 63 + k.Bytes.Length,
                        start + 64 + k.Bytes.Length,
                    ];
            })
            .Concat([0, 1, 64, length])
            .Where(cut => cut <= length)
            .Distinct();

    async Task Survives(List<(string Location, byte[] Bytes)> kept, int cut, byte[] volume)
    {
        await temp.Restart(() => File.WriteAllBytes(Volume, volume));
        var whole = kept.Where(k => OffsetOf(k.Location) + 64 + k.Bytes.Length <= cut).ToList();
        foreach (var (location, bytes) in kept.Except(whole))
            await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, bytes.Length));
        await TakesMore(whole);
    }

    async Task TakesMore(IEnumerable<(string Location, byte[] Bytes)> whole)
    {
        var more = Pieces.Random(99, 20_000);
        var location = await temp.Tier.Put(more);
        await temp.Restart(() => { });
        foreach (var (kept, bytes) in whole.Append((location, more)))
            Assert.Equal(bytes, await temp.Tier.Get(kept, bytes.Length));
    }

    static long OffsetOf(string location) => long.Parse(location.Split('@')[1]);
}
