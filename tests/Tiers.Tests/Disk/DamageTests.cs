namespace Varve.Tiers.Tests.Disk;

/// <summary>Bits rot, files vanish: a reader is told, and never gets a wrong byte.</summary>
public sealed class DamageTests : IAsyncDisposable
{
    readonly TempTier temp = new();

    public ValueTask DisposeAsync() => temp.DisposeAsync();

    [Theory]
    [InlineData(0), InlineData(1), InlineData(100), InlineData(5000), InlineData(70_000)]
    public async Task A_flipped_byte_of_a_record_is_noticed(int size)
    {
        var bytes = Pieces.Random(1, size);
        await temp.Tier.Put(Pieces.Random(2, 100));
        var location = await temp.Tier.Put(bytes);
        var from = long.Parse(location.Split('@')[1]);
        await EveryFlipIsNoticed(temp.PathOf("volume/000001.vol"), from, from + 64 + size, location, bytes);
    }

    [Theory]
    [InlineData(262_145), InlineData(327_680), InlineData(1_000_000)]
    public async Task A_flipped_byte_of_a_file_is_noticed(int size)
    {
        var bytes = Pieces.Random(3, size);
        var location = await temp.Tier.Put(bytes);
        var path = temp.PathOf(location["disk:".Length..]);
        await EveryFlipIsNoticed(path, 0, new FileInfo(path).Length, location, bytes);
    }

    [Fact]
    public async Task A_flipped_byte_of_a_list_of_segments_is_noticed()
    {
        var (one, two) = (Pieces.Random(4, 1000), Pieces.Random(5, 300_000));
        Segment[] parts = [await temp.Tier.PutPart("u", 1, one), await temp.Tier.PutPart("u", 2, two)];
        await using var joined = await temp.Tier.Join("u", parts, CancellationToken.None);
        var location = await temp.Tier.Keep(joined, CancellationToken.None);
        var from = long.Parse(location.Split('@')[1]);
        var volume = temp.PathOf("volume/000001.vol");
        for (var at = from; at < from + 64 + 70; at++)
        {
            Flip(volume, at);
            await temp.Restart(() => { }); // the list was cached
            await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, joined.Size));
            Flip(volume, at);
        }
        await temp.Restart(() => { });
        Assert.Equal((byte[])[.. one, .. two], await temp.Tier.Get(location, joined.Size));
    }

    [Fact]
    public async Task Blocks_before_the_damage_are_read_and_ranges_beside_it_too()
    {
        var bytes = Pieces.Random(6, 10 * 65536);
        var location = await temp.Tier.Put(bytes);
        Flip(temp.PathOf(location["disk:".Length..]), (5 * 65536) + 7);

        using var read = new MemoryStream();
        await Assert.ThrowsAsync<ContentDamagedException>(() =>
            temp.Tier.CopyTo(read, location, bytes.Length, 0, bytes.Length)
        );
        Assert.True(bytes.AsSpan(0, 5 * 65536).StartsWith(read.ToArray()));
        Assert.Equal(bytes[..(5 * 65536)], await temp.Tier.Get(location, bytes.Length, 0, 5 * 65536));
        Assert.Equal(bytes[(6 * 65536)..], await temp.Tier.Get(location, bytes.Length, 6 * 65536, 4 * 65536));
        await Assert.ThrowsAsync<ContentDamagedException>(() =>
            temp.Tier.Get(location, bytes.Length, (6 * 65536) - 1, 1)
        );
    }

    [Theory]
    [InlineData(100), InlineData(300_000)]
    public async Task A_missing_or_short_file_is_damage(int size)
    {
        var location = await temp.Tier.Put(Pieces.Random(7, size));
        var path = size < 1000 ? temp.PathOf("volume/000001.vol") : temp.PathOf(location["disk:".Length..]);
        foreach (var length in (long[])[size, 70, 1, 0])
        {
            await temp.Restart(() =>
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
                RandomAccess.SetLength(file, length);
            });
            await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, size));
        }
        await temp.Restart(() => File.Delete(path));
        await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, size));
    }

    [Theory]
    [InlineData(100), InlineData(300_000)]
    public async Task Another_size_than_was_kept_is_damage(int size)
    {
        var location = await temp.Tier.Put(Pieces.Random(8, size));
        foreach (var wrong in (long[])[size - 1, size + 1, 0, long.MaxValue / 2])
            await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, wrong, 0, 0));
    }

    [Theory]
    [InlineData(""), InlineData("disk:"), InlineData("ceph:volume/000001@64"), InlineData("disk:volume/1@64")]
    [InlineData("disk:volume/000001@"), InlineData("disk:volume/000001@-64"), InlineData("disk:volume/0000001@64")]
    [InlineData("disk:volume/000001@064"), InlineData("disk:volume/000001@64 "), InlineData("disk:volume/000001@+64")]
    [InlineData("disk:volume/99999999999@64"), InlineData("disk:volume/../../x@64"), InlineData("disk:file/ab/x")]
    [InlineData("disk:file/../../etc/passwd"), InlineData("disk:part/../1-0123456789abcdef"), InlineData("disk:lock")]
    [InlineData("disk:part/u/../../lock"), InlineData("disk:part/u/01-0123456789abcdef"), InlineData("disk:tmp/x")]
    [InlineData("disk:file/ac/abce000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("disk:file/ab/abcd000000000000000000000000000000000000000000000000000000000000\n")]
    public async Task No_other_location_leads_anywhere(string location)
    {
        await Assert.ThrowsAsync<ContentDamagedException>(() => temp.Tier.Get(location, 1));
        await Assert.ThrowsAsync<ContentDamagedException>(async () =>
            await temp.Tier.Purge(location, CancellationToken.None)
        );
        Assert.True(File.Exists(temp.PathOf("lock")));
    }

    [Theory]
    [InlineData(""), InlineData(".."), InlineData("a/b"), InlineData("a.b"), InlineData("a\n")]
    public async Task No_other_upload_id_makes_a_folder(string uploadId) =>
        await Assert.ThrowsAsync<ArgumentException>(() => temp.Tier.PutPart(uploadId, 1, new byte[300_000]));

    /// <summary>Flips bytes one by one: all of the first and last 200, and some between.</summary>
    async Task EveryFlipIsNoticed(string path, long from, long to, string location, byte[] bytes)
    {
        var step = Math.Max(1, (to - from - 400) / 97);
        for (var at = from; at < to; at += at < from + 200 || at >= to - 200 ? 1 : Math.Min(step, to - 200 - at))
        {
            Flip(path, at);
            using var read = new MemoryStream();
            await Assert.ThrowsAsync<ContentDamagedException>(() =>
                temp.Tier.CopyTo(read, location, bytes.Length, 0, bytes.Length)
            );
            Assert.True(bytes.AsSpan().StartsWith(read.ToArray()));
            Flip(path, at);
        }
        Assert.Equal(bytes, await temp.Tier.Get(location, bytes.Length));
    }

    static void Flip(string path, long at)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var one = new byte[1];
        RandomAccess.Read(file, one, at);
        one[0] ^= 0x10;
        RandomAccess.Write(file, one, at);
    }
}
