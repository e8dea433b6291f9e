using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Varve.Tiers.Tests;

public sealed class TieredContentsTests
{
    readonly MemoryTier near = new("ceph");
    readonly MemoryTier far = new("oss");
    readonly List<string> locations = [];
    readonly List<string> damaged = [];
    readonly TieredContents contents;
    int asked;

    public TieredContentsTests() =>
        contents = new(
            [near, far],
            (_, _) =>
            {
                asked++;
                return new(locations);
            },
            (_, location, _) =>
            {
                damaged.Add(location);
                return Task.CompletedTask;
            }
        );

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_nearest_copy_is_read_and_nobody_asks_for_others()
    {
        var bytes = await Everywhere(200_000);
        far.IsReachable = false;
        Assert.Equal(bytes, await Read(bytes, 0, bytes.Length));
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_tier_out_of_reach_is_passed_over_and_no_damage()
    {
        var bytes = await Everywhere(200_000);
        near.IsReachable = false;
        Assert.Equal(bytes[1000..150_000], await Read(bytes, 1000, 149_000));
        Assert.Empty(damaged);
    }

    [Fact]
    public async Task A_copy_that_is_missing_is_passed_over_and_reported()
    {
        var bytes = await Everywhere(10);
        await near.Purge(locations[0], Cancel);
        Assert.Equal(bytes, await Read(bytes, 0, bytes.Length));
        Assert.Equal([locations[0]], damaged);
    }

    [Theory]
    [InlineData(0), InlineData(100_000), InlineData(131_072), InlineData(299_999)]
    public async Task Damage_in_the_middle_of_a_range_is_gone_around(int wrong)
    {
        var bytes = await Everywhere(300_000);
        near.Damage(locations[0], wrong);
        Assert.Equal(bytes[7..], await Read(bytes, 7, bytes.Length - 7));
        Assert.Equal([locations[0]], damaged);
    }

    [Theory]
    [InlineData(300_000, false), InlineData(1000, true)]
    public async Task Damage_that_shows_at_the_end_is_gone_around_only_where_nothing_was_sent(int size, bool healed)
    {
        var bytes = await Everywhere(size);
        near.ChecksWholesAlone = true;
        near.Damage(locations[0], 5);
        if (healed)
            Assert.Equal(bytes, await Read(bytes, 0, size));
        else
            await Assert.ThrowsAsync<ContentDamagedException>(() => Read(bytes, 0, size));
        Assert.Equal([locations[0]], damaged);
    }

    [Fact]
    public async Task A_tier_that_goes_away_while_it_is_read_is_gone_around()
    {
        var bytes = await Everywhere(300_000);
        await using var reader = await Open(bytes);
        near.IsReachable = false;
        using var read = new MemoryStream();
        await reader.CopyTo(5, 200_000, PipeWriter.Create(read), Cancel);
        Assert.Equal(bytes[5..200_005], read.ToArray());
    }

    [Fact]
    public async Task When_every_copy_is_damaged_each_is_reported_and_the_reader_learns_it()
    {
        var bytes = await Everywhere(300_000);
        near.Damage(locations[0], 70_000);
        far.Damage(locations[1], 200_000);
        var sent = new MemoryStream();
        await using var reader = await Open(bytes);
        await Assert.ThrowsAsync<ContentDamagedException>(() =>
            reader.CopyTo(0, bytes.Length, PipeWriter.Create(sent), Cancel).AsTask()
        );
        Assert.Equal(bytes[..(int)sent.Length], sent.ToArray());
        Assert.Equal(locations, damaged);
    }

    [Fact]
    public async Task A_location_of_a_tier_that_is_not_set_up_is_out_of_reach() =>
        await Assert.ThrowsAsync<TierUnavailableException>(() => contents.Open("e3", "tape:box/7", 1, Cancel).AsTask());

    async Task<byte[]> Everywhere(int size)
    {
        var bytes = Pieces.Random(1, size);
        locations.AddRange([await near.Put(bytes), await far.Put(bytes)]);
        return bytes;
    }

    ValueTask<IContentReader> Open(byte[] bytes) =>
        contents.Open(Convert.ToHexStringLower(SHA256.HashData(bytes)), locations[0], bytes.Length, Cancel);

    async Task<byte[]> Read(byte[] bytes, long offset, long length)
    {
        await using var reader = await Open(bytes);
        using var read = new MemoryStream();
        await reader.CopyTo(offset, length, PipeWriter.Create(read), Cancel);
        return read.ToArray();
    }
}
