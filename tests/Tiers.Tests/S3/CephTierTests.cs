using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Varve.Services;
using Varve.Tiers.S3;

namespace Varve.Tiers.Tests.S3;

/// <summary>What an <see cref="S3Tier"/> does beside the contract.</summary>
public sealed class CephTierTests(Ceph ceph) : IAsyncLifetime
{
    const int Part = S3TierOptions.PartBytesMin;

    static readonly byte[] Large = Pieces.Random(1, 3 * Part + 1000);

    readonly string bucket = $"tier-{Guid.NewGuid():n}";
    S3Tier tier = null!;
    AmazonS3Client client = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        tier = CephTiers.Open(ceph, bucket);
        await tier.Check(Cancel);
        client = new(
            new BasicAWSCredentials(Ceph.AccessKey, Ceph.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = ceph.Url.ToString(),
                ForcePathStyle = true,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            }
        );
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return tier.DisposeAsync();
    }

    [Fact]
    public async Task A_content_lies_under_its_hash_in_a_bucket_that_was_made_for_it()
    {
        var bytes = Pieces.Random(2, 70_000);
        var location = await tier.Put(bytes);
        var key = $"ceph/{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        Assert.Equal($"ceph:{bucket}/{key}", location);
        using var found = await client.GetObjectAsync(bucket, key, Cancel);
        Assert.Equal(bytes.Length, found.ContentLength);
    }

    [Fact]
    public async Task A_large_body_goes_in_parts_and_is_read_whole_and_in_ranges()
    {
        foreach (var size in (int[])[Part + 1, 2 * Part, Large.Length])
        {
            var bytes = Large[..size];
            await using var staged = await tier.Stage(new MemoryBody(bytes, 65536, null), TierCalls.NoLimit, Cancel);
            Assert.Equal(SHA256.HashData(bytes), staged.Sha256);
            Assert.Equal(MD5.HashData(bytes), staged.Md5!);
            var location = await tier.Keep(staged, Cancel);
            Assert.Equal(location, await tier.Keep(staged, Cancel));
            Assert.Equal(bytes, await tier.Get(location, size));
            Assert.Equal(bytes[(Part - 3)..(Part + 1)], await tier.Get(location, size, Part - 3, 4));
        }
        Assert.Empty(await OpenUploads());
    }

    [Fact]
    public async Task Many_large_bodies_share_little_memory()
    {
        await using var narrow = CephTiers.Open(CephTiers.OptionsOf(ceph, bucket) with { PartsInMemory = 2 });
        var locations = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => Task.Run(() => narrow.Put(Large), Cancel))
        );
        foreach (var location in locations)
            Assert.Equal(Large, await tier.Get(location, Large.Length));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Of_a_large_body_that_is_not_kept_nothing_stays(bool breaksOff)
    {
        if (breaksOff)
            await Assert.ThrowsAsync<IOException>(() =>
                tier.Stage(new BrokenBody(Large, new IOException("gone")), TierCalls.NoLimit, Cancel).AsTask()
            );
        else
            await (await tier.Stage(new MemoryBody(Large), TierCalls.NoLimit, Cancel)).DisposeAsync();
        Assert.Empty(await OpenUploads());
        Assert.Empty(await Keys());
    }

    [Fact]
    public async Task Parts_that_one_process_took_are_joined_by_another()
    {
        await using var other = CephTiers.Open(ceph, bucket);
        Segment[] parts =
        [
            await tier.PutPart("u", 1, Large),
            await other.PutPart("u", 2, Large[..1000]),
            await tier.PutPart("u", 3, Large[..70_000]),
        ];
        byte[] whole = [.. Large, .. Large[..1000], .. Large[..70_000]];
        await using var joined = await other.Join("u", parts, Cancel);
        Assert.Equal(SHA256.HashData(whole), joined.Sha256);
        Assert.Equal(SHA1.HashData(whole), joined.Sha1);
        var location = await other.Keep(joined, Cancel);
        Assert.Equal(whole, await tier.Get(location, whole.Length));

        await tier.Purge(location, Cancel);
        Assert.Empty(await Keys());
    }

    [Fact]
    public async Task Bytes_that_have_changed_are_damaged_and_the_last_of_them_are_not_passed_on()
    {
        foreach (var size in (int[])[10, 300_000, Large.Length])
        {
            var bytes = Large[..size];
            var location = await tier.Put(bytes);
            var changed = bytes.ToArray();
            changed[size / 2] ^= 1;
            await Overwrite(location, changed);
            using var stream = new MemoryStream();
            await Assert.ThrowsAsync<ContentDamagedException>(() => tier.CopyTo(stream, location, size, 0, size));
            Assert.True(stream.Length < size);

            await Overwrite(location, [.. bytes, 0]);
            await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Get(location, size));
            await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Get(location, size, 1, 5));
            await Overwrite(location, bytes[..3]);
            await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Get(location, size, 5, 5));
        }
    }

    [Fact]
    public async Task What_is_left_over_is_swept_and_what_is_named_or_young_stays()
    {
        foreach (var key in (string[])[$"body/{new string('0', 32)}", $"ceph/{new string('0', 64)}", "others/body"])
            await client.InitiateMultipartUploadAsync(new() { BucketName = bucket, Key = key }, Cancel);
        await client.PutObjectAsync(
            new()
            {
                BucketName = bucket,
                Key = "body/others",
                ContentBody = "x",
            },
            Cancel
        );
        var content = await tier.Put([1, 2, 3]);
        var named = (await tier.PutPart("u", 1, [4])).Location;
        var unnamed = (await tier.PutPart("u", 2, [5])).Location;
        Task<IReadOnlySet<string>> Named(IReadOnlySet<string> asked, CancellationToken _) =>
            Task.FromResult<IReadOnlySet<string>>(
                asked.Where(at => named.StartsWith($"{at}@", StringComparison.Ordinal)).ToHashSet()
            );

        var now = TimeProvider.System.GetUtcNow();
        var (past, future) = (now.AddHours(-1), now.AddHours(1));
        Assert.Equal(0, await tier.SweepLeftovers(past.AddDays(-1), past, Named, Cancel));
        Assert.Equal(0, await tier.SweepLeftovers(future, future.AddDays(1), Named, Cancel));
        Assert.Equal(1, await tier.SweepLeftovers(past, future, Named, Cancel));
        Assert.Equal(2, await tier.AbortUnfinished(future, Cancel));
        Assert.Equal(["others/body"], await OpenUploads());
        Assert.Contains("body/others", await Keys());
        Assert.Equal([1, 2, 3], await tier.Get(content, 3));
        Assert.Equal([4], await tier.Get(named, 1));
        await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Get(unnamed, 1));
    }

    [Fact]
    public async Task A_location_without_a_CRC_is_read_and_checked_by_its_SHA_256()
    {
        var location = await tier.Put(Large);
        Assert.Matches("@[0-9a-f]{64}~[0-9a-f]{16}$", location);
        var older = location.Split('~')[0];
        Assert.Equal(Large, await tier.Get(older, Large.Length));

        var changed = Large.ToArray();
        changed[^1] ^= 1;
        await Overwrite(location, changed);
        var damaged = await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Get(older, Large.Length));
        Assert.Contains("Sha256", damaged.Message, StringComparison.Ordinal);
        damaged = await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Get(location, Large.Length));
        Assert.Contains("Crc64Nvme", damaged.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disk:userfile/ceph/"), InlineData("ceph:userfile/oss/"), InlineData("ceph:userfile/../ceph/")]
    public async Task A_location_of_another_form_is_refused(string start)
    {
        var location = start + new string('a', 64);
        await Assert.ThrowsAsync<ContentDamagedException>(() => tier.Open(location, 1, Cancel).AsTask());
    }

    [Fact]
    public async Task A_wrong_secret_is_told_at_once()
    {
        await using var wrong = CephTiers.Open(CephTiers.OptionsOf(ceph, bucket) with { SecretKey = "wrong" });
        var refused = await Assert.ThrowsAsync<TierUnavailableException>(() => wrong.Check(Cancel));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    async Task Overwrite(string location, byte[] bytes)
    {
        var request = new PutObjectRequest
        {
            BucketName = bucket,
            Key = location[(location.IndexOf('/', StringComparison.Ordinal) + 1)..].Split('@')[0],
            InputStream = new MemoryStream(bytes),
            UseChunkEncoding = false,
        };
        await client.PutObjectAsync(request, Cancel);
    }

    async Task<IEnumerable<string>> OpenUploads() =>
        (await client.ListMultipartUploadsAsync(bucket, Cancel)).MultipartUploads?.Select(upload => upload.Key) ?? [];

    async Task<IEnumerable<string>> Keys() =>
        (await client.ListObjectsAsync(bucket, Cancel)).S3Objects?.Select(found => found.Key) ?? [];
}
