using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Contents;
using Varve.Services;
using Varve.Tiers;
using Varve.Tiers.S3;

namespace Varve.Workers.Tests;

public sealed class LeftoversTests(Ceph ceph) : IClassFixture<Ceph>, IAsyncDisposable
{
    readonly UploadWorld world = new();
    readonly S3Tier tier = new(
        new()
        {
            Name = "ceph",
            Endpoint = ceph.Url,
            AccessKey = Ceph.AccessKey,
            SecretKey = Ceph.SecretKey,
            Bucket = "leftovers",
        },
        TimeProvider.System,
        NullLogger<S3Tier>.Instance
    );

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await tier.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task What_the_log_names_stays_and_what_it_does_not_goes_when_it_is_a_day_old()
    {
        await tier.Check(Cancel);
        var upload = await world.Begin(UploadWorld.Now);
        var (named, unnamed, content) = (await Kept(upload, 1), await Kept(upload, 2), await Kept("other", 1));
        await world.Do(
            new Domain.Uploads.UploadCommand.AddPart(
                UploadWorld.ContextAt(UploadWorld.Now),
                upload,
                1,
                1000,
                new string('0', 32),
                Checksum: null,
                named
            )
        );
        var hash = new ContentHash(new string('a', 64));
        var facts = new ContentFacts(hash, new string('b', 40), Md5: null, 1000, content);
        await world.Do(new ContentCommand.Use(UploadWorld.ContextAt(UploadWorld.Now), facts));

        Assert.Equal(0, await Sweeper(TimeSpan.Zero).Sweep(tier, Cancel));
        Assert.Equal(0, await Sweeper(TimeSpan.FromDays(9)).Sweep(tier, Cancel));
        Assert.Equal(1, await Sweeper(TimeSpan.FromDays(2)).Sweep(tier, Cancel));
        Assert.Equal((true, false, true), (await Has(named), await Has(unnamed), await Has(content)));
    }

    async Task<string> Kept(string upload, int number)
    {
        await using var staged = await tier.Stage(new Thousand(), new(Checksum: null, 1000), Cancel);
        return await tier.KeepPart(upload, number, staged, Cancel);
    }

    async Task<bool> Has(string location)
    {
        try
        {
            await using var reader = await tier.Open(location, 1000, Cancel);
            await using var body = new StoredBody(reader, 0, 1000, Cancel);
            while (await body.Next(Cancel) is { IsEmpty: false }) { }
            return true;
        }
        catch (ContentDamagedException)
        {
            return false;
        }
    }

    Leftovers Sweeper(TimeSpan ahead) =>
        new(world.Events, [tier], new ClockAhead(ahead), NullLogger<Leftovers>.Instance);

    sealed class ClockAhead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;
    }

    sealed class Thousand : IBodySource
    {
        bool given;

        public long? AnnouncedLength => 1000;

        public ValueTask<System.Buffers.ReadOnlySequence<byte>> Next(CancellationToken cancel)
        {
            byte[] piece = given ? [] : new byte[1000];
            given = true;
            return new(new System.Buffers.ReadOnlySequence<byte>(piece));
        }
    }
}
