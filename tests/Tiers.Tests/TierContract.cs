using System.Security.Cryptography;
using CsCheck;
using Varve.Domain;

namespace Varve.Tiers.Tests;

/// <summary>What every tier must do. One subclass per adapter; none overrides a test.</summary>
public abstract class TierContract
{
    protected abstract ITier Tier { get; }

    /// <summary>Around nothing, a block, and the border between small and large.</summary>
    public static TheoryData<int> Sizes =>
        [
            0,
            1,
            63,
            64,
            65,
            4095,
            4096,
            4097,
            65471,
            65472,
            65473,
            65535,
            65536,
            65537,
            262143,
            262144,
            262145,
            327679,
            327680,
            327681,
            1000000,
            5242880,
        ];

    [Theory, MemberData(nameof(Sizes))]
    public async Task What_is_kept_is_read(int size)
    {
        var bytes = Pieces.Random(size, size);
        foreach (var (pieceBytes, announced) in ((int, long?)[])[(65536, size), (10007, null), (300, 1)])
        {
            var body = new MemoryBody(bytes, pieceBytes, announced);
            await using var staged = await Tier.Stage(body, TierCalls.NoLimit, CancellationToken.None);
            Assert.Equal(size, staged.Size);
            Assert.Equal(SHA256.HashData(bytes), staged.Sha256);
            Assert.Equal(SHA1.HashData(bytes), staged.Sha1);
            Assert.Equal(MD5.HashData(bytes), staged.Md5!);
            Assert.Null(staged.Checksum);

            var location = await Tier.Keep(staged, CancellationToken.None);
            Assert.StartsWith($"{Tier.Name}:", location, StringComparison.Ordinal);
            Assert.Equal(bytes, await Tier.Get(location, size));
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public async Task Any_range_is_read(int size)
    {
        var bytes = Pieces.Random(size, size);
        var location = await Tier.Put(bytes);
        await Gen.Select(Gen.Int[0, size], Gen.Int[0, size], Gen.Int[0, 2])
            .SampleAsync(
                async (a, b, snap) =>
                {
                    // Some at the blocks' edges, where mistakes live.
                    if (snap > 0)
                        (a, b) = (a / 65536 * 65536, Math.Min(size, b / 65536 * 65536 + snap - 1));
                    var (offset, length) = (Math.Min(a, b), Math.Abs(a - b));
                    var read = await Tier.Get(location, size, offset, length);
                    return read.AsSpan().SequenceEqual(bytes.AsSpan(offset, length));
                },
                iter: 20,
                threads: 1
            );
    }

    [Theory]
    [InlineData(-1, 1), InlineData(0, -1), InlineData(0, 11), InlineData(10, 1), InlineData(11, 0)]
    public async Task A_range_outside_is_refused(long offset, long length)
    {
        var location = await Tier.Put(Pieces.Random(1, 10));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Tier.Get(location, 10, offset, length));
    }

    [Theory]
    [InlineData(ChecksumAlgorithm.Crc32), InlineData(ChecksumAlgorithm.Crc32C), InlineData(ChecksumAlgorithm.Crc64Nvme)]
    [InlineData(ChecksumAlgorithm.Sha1), InlineData(ChecksumAlgorithm.Sha256)]
    public async Task The_checksum_asked_for_is_taken(ChecksumAlgorithm algorithm)
    {
        foreach (var size in (int[])[9, 300_000])
        {
            var bytes = Pieces.Random(2, size);
            var options = new StageOptions(algorithm, size);
            await using var staged = await Tier.Stage(new MemoryBody(bytes), options, CancellationToken.None);
            using var checksum = new Varve.Tiers.Checksums.IncrementalChecksum(algorithm);
            checksum.Append(bytes);
            var expected = new byte[checksum.SizeBytes];
            checksum.Finish(expected);
            Assert.Equal(expected, staged.Checksum!);
        }
    }

    [Theory]
    [InlineData(10, 9), InlineData(400_000, 399_999), InlineData(400_000, 10)]
    public async Task Too_large_is_refused(int size, int max)
    {
        foreach (var announced in (long?[])[size, null])
        {
            var body = new MemoryBody(Pieces.Random(3, size), 1000, announced);
            var refused = await Assert.ThrowsAsync<RejectedException>(() =>
                Tier.Stage(body, new StageOptions(null, max), CancellationToken.None).AsTask()
            );
            Assert.Equal(ErrorCode.EntityTooLarge, refused.Rejection.Code);
        }
    }

    [Theory]
    [InlineData(10), InlineData(400_000)]
    public async Task A_body_that_breaks_off_is_not_stored(int size)
    {
        var body = new BrokenBody(Pieces.Random(4, size), new RejectedException(ErrorCode.IncompleteBody));
        await Assert.ThrowsAsync<RejectedException>(() =>
            Tier.Stage(body, TierCalls.NoLimit, CancellationToken.None).AsTask()
        );
    }

    [Theory]
    [InlineData(10), InlineData(400_000)]
    public async Task One_content_kept_by_many_at_once_is_kept_by_all(int size)
    {
        var bytes = Pieces.Random(5, size);
        var locations = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Tier.Put(bytes))));
        foreach (var location in locations.Distinct())
            Assert.Equal(bytes, await Tier.Get(location, size));
    }

    [Theory]
    [InlineData(10), InlineData(400_000)]
    public async Task What_is_purged_is_gone_and_purging_again_is_fine(int size)
    {
        var (bytes, other) = (Pieces.Random(6, size), Pieces.Random(7, size));
        var (location, otherLocation) = (await Tier.Put(bytes), await Tier.Put(other));
        await Tier.Purge(location, CancellationToken.None);
        await Tier.Purge(location, CancellationToken.None);
        await Assert.ThrowsAsync<ContentDamagedException>(() => Tier.Get(location, size));
        Assert.Equal(other, await Tier.Get(otherLocation, size));
    }

    [Theory]
    [InlineData(10), InlineData(400_000), InlineData(6_000_000)]
    public async Task What_is_kept_elsewhere_outlives_what_was_at_its_own_place(int size)
    {
        var bytes = Pieces.Random(8, size);
        var own = await Tier.Put(bytes);
        await using var staged = await Tier.Stage(new MemoryBody(bytes), new(null, size), CancellationToken.None);
        staged.Elsewhere = true;
        var other = await Tier.Keep(staged, CancellationToken.None);
        Assert.NotEqual(own, other);
        await Tier.Purge(own, CancellationToken.None);
        Assert.Equal(bytes, await Tier.Get(other, size));
        await Tier.Purge(other, CancellationToken.None);
        await Assert.ThrowsAsync<ContentDamagedException>(() => Tier.Get(other, size));
    }

    [Fact]
    public async Task Parts_in_any_order_join_to_the_whole()
    {
        int[] sizes = [300_000, 5, 400_000, 0, 262_144, 262_145, 70_000];
        var parts = sizes.Select((size, i) => Pieces.Random(10 + i, size)).ToArray();
        var whole = parts.SelectMany(part => part).ToArray();
        foreach (var seed in Enumerable.Range(0, 5))
        {
            var upload = $"upload-{seed}";
            var order = Enumerable.Range(0, parts.Length).ToArray();
            new Random(seed).Shuffle(order);
            var segments = new Segment[parts.Length];
            foreach (var i in order)
                segments[i] = await Tier.PutPart(upload, i + 1, parts[i]);
            await JoinsTo(whole, upload, segments);
            Tier.Forget(upload);
            await JoinsTo(whole, upload, segments);
        }
    }

    [Fact]
    public async Task A_part_that_comes_again_counts_as_it_came_last()
    {
        var (one, two, three) = (Pieces.Random(20, 400_000), Pieces.Random(21, 100), Pieces.Random(22, 300_000));
        var first = await Tier.PutPart("again", 1, three);
        var second = await Tier.PutPart("again", 2, two);
        await JoinsTo([.. three, .. two], "again", [first, second]);
        var replaced = await Tier.PutPart("again", 1, one);
        var third = await Tier.PutPart("again", 3, three);
        await Tier.Purge(first.Location, CancellationToken.None);
        await JoinsTo([.. one, .. two, .. three], "again", [replaced, second, third]);
    }

    [Fact]
    public async Task Some_of_the_parts_may_be_left_out()
    {
        var parts = Enumerable.Range(0, 6).Select(i => Pieces.Random(30 + i, 1000 * i)).ToArray();
        var segments = new List<Segment>();
        for (var i = 0; i < parts.Length; i++)
            segments.Add(await Tier.PutPart("some", (i + 1) * 3, parts[i]));
        await JoinsTo([.. parts[1], .. parts[4]], "some", [segments[1], segments[4]]);
        await JoinsTo(parts[2], "some", [segments[2]]);
        await JoinsTo([.. parts.SelectMany(part => part)], "some", segments);
    }

    [Fact]
    public async Task A_joined_content_is_purged_with_its_parts()
    {
        var (one, two) = (Pieces.Random(40, 400_000), Pieces.Random(41, 100));
        Segment[] parts = [await Tier.PutPart("gone", 1, one), await Tier.PutPart("gone", 2, two)];
        var joined = await JoinsTo([.. one, .. two], "gone", parts);
        await Tier.Purge(joined, CancellationToken.None);
        await Tier.Purge(joined, CancellationToken.None);
        foreach (var (location, size) in (Segment[])[.. parts, new(joined, one.Length + two.Length)])
            await Assert.ThrowsAsync<ContentDamagedException>(() => Tier.Get(location, size));
    }

    async Task<string> JoinsTo(byte[] whole, string upload, IReadOnlyList<Segment> segments)
    {
        await using var joined = await Tier.Join(upload, segments, CancellationToken.None);
        Assert.Equal(whole.Length, joined.Size);
        Assert.Equal(SHA256.HashData(whole), joined.Sha256);
        Assert.Equal(SHA1.HashData(whole), joined.Sha1);
        Assert.Null(joined.Md5);
        var location = await Tier.Keep(joined, CancellationToken.None);
        Assert.Equal(whole, await Tier.Get(location, whole.Length));
        for (var offset = 0; offset < whole.Length; offset += 99_991)
        {
            var length = Math.Min(whole.Length - offset, 150_000);
            Assert.Equal(whole[offset..(offset + length)], await Tier.Get(location, whole.Length, offset, length));
        }
        return location;
    }
}
