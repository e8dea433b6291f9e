using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.Projections;
using Varve.Workers;

namespace Varve.Api.Tests.S3;

/// <summary>Contents that are put again and again while they are purged, as soon as nothing has them.</summary>
public sealed class PurgeRaceTests : IAsyncLifetime
{
    readonly S3Host host = new();
    readonly string places = Directory.CreateTempSubdirectory("varve-purge-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => host.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        Directory.Delete(places, recursive: true);
    }

    [Theory]
    [InlineData(1000), InlineData(400_000)]
    public async Task Nothing_that_was_acknowledged_is_ever_lost(int size)
    {
        var bucket = await host.NewBucket();
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var purger = Purger();
        var deleting = Task.Run(() => purger.Run(stop.Token), Cancel);
        var purging = Task.Run(() => PurgeUntil(purger, stop.Token), Cancel);
        var raw = host.Raw("ana");
        for (var purged = 0; purged < 8; purged += await IsGone(bytes) ? 1 : 0)
        {
            Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/k", bytes)).Status);
            for (var i = 0; i < 3; i++)
            {
                var read = await raw.Send("GET", $"/{bucket}/k");
                Assert.Equal(200, read.Status);
                Assert.Equal(bytes, read.Body);
            }
            Assert.Equal(204, (await raw.Send("DELETE", $"/{bucket}/k")).Status);
            if (purged % 2 == 0)
                await Task.Yield();
        }
        await stop.CancelAsync();
        await deleting;
        Assert.True(await purging > 0);
    }

    async ValueTask<bool> IsGone(byte[] bytes)
    {
        var hash = Domain.Contents.ContentHash.FromBytes(System.Security.Cryptography.SHA256.HashData(bytes));
        return (await host.Varve.Read(Domain.Contents.Content.Decider, hash.Stream, Cancel)).Stored is null;
    }

    static async Task<int> PurgeUntil(Purger purger, CancellationToken cancel)
    {
        var purged = 0;
        while (!cancel.IsCancellationRequested)
            try
            {
                purged += await purger.Purge(TimeSpan.Zero, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
        return purged;
    }

    /// <summary>Of another process, as it were: what it knows of contents may be old.</summary>
    Purger Purger()
    {
        var varve = host.Varve;
        var states = new AggregateStates(varve.Events, 100);
        var door = CommandDoor.Open(
            new CommandLoop(varve.Events, states, TimeSpan.FromSeconds(30)),
            new BarrierBehavior(varve.Barrier, varve.Events, lagMax: 0)
        );
        return new(
            varve.Events,
            states,
            varve.Reads,
            varve.Contents,
            door,
            keep: null,
            new FilePlaces(places),
            TimeProvider.System,
            NullLogger<Purger>.Instance
        );
    }
}
