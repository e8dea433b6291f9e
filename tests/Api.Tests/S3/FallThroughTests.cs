using Varve.Domain.Contents;
using Varve.Tiers;
using Varve.Tiers.Tests;

namespace Varve.Api.Tests.S3;

/// <summary>Objects whose nearest copy is no good, and that another tier has.</summary>
public sealed class FallThroughTests : IAsyncLifetime
{
    readonly MemoryTier ceph = new("ceph");
    readonly S3Host host;

    public FallThroughTests() => host = new() { FarTiers = [ceph] };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => host.InitializeAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData(1000), InlineData(400_000)]
    public async Task A_damaged_local_copy_is_gone_around_and_on_record(int size)
    {
        var (bytes, content) = await PutInBoth("k", size);
        await host.Varve.Tier.Purge(content.Stored!.Location, Cancel);

        var read = await host.Raw("ana").Send("GET", $"/{bucket}/k");
        Assert.Equal(200, read.Status);
        Assert.Equal(bytes, read.Body);
        var after = await host.Varve.Read(Content.Decider, $"content-{content.Stored.Sha256}", Cancel);
        Assert.True(after.Copies["disk"].Damaged);
        Assert.True(after.Holds);
    }

    [Fact]
    public async Task An_evicted_content_is_read_from_where_it_is()
    {
        var (bytes, content) = await PutInBoth("k", 400_000);
        await host.Varve.Run(
            new ContentCommand.Evict(host.Varve.Context("varve"), new(content.Stored!.Sha256), "disk"),
            Cancel
        );
        await host.Varve.Tier.Purge(content.Stored.Location, Cancel);
        var read = await host.Raw("ana").Send("GET", $"/{bucket}/k");
        Assert.Equal(200, read.Status);
        Assert.Equal(bytes, read.Body);

        ceph.IsReachable = false;
        var unavailable = await host.Raw("ana").Send("GET", $"/{bucket}/k");
        Assert.Equal((503, "ServiceUnavailable"), (unavailable.Status, unavailable.Code));
    }

    string bucket = "";

    async Task<(byte[] Bytes, Content Content)> PutInBoth(string key, int size)
    {
        bucket = await host.NewBucket();
        var bytes = System.Security.Cryptography.RandomNumberGenerator.GetBytes(size);
        await host.Raw("ana").Send("PUT", $"/{bucket}/{key}", bytes);
        var hash = ContentHash.FromBytes(System.Security.Cryptography.SHA256.HashData(bytes));
        var content = await host.Varve.Read(Content.Decider, hash.Stream, Cancel);
        await using var reader = await host.Varve.Contents.Open(hash.Hex, content.Stored!.Location, size, Cancel);
        await using var body = new StoredBody(reader, 0, size, Cancel);
        await using var staged = await ceph.Stage(body, new(Checksum: null, size), Cancel);
        var location = await ceph.Keep(staged, Cancel);
        var added = await host.Varve.Run(
            new ContentCommand.AddCopy(host.Varve.Context("varve"), hash, location, content.Stored.Location),
            Cancel
        );
        return (bytes, added.State<Content>());
    }
}
