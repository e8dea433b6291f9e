using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Varve.EventStores;
using Varve.Projections.Redis;
using static Varve.Projections.Tests.LiveReadModels;

namespace Varve.Projections.Tests;

public sealed class RedisUploadProgressTests(RedisFixture redis) : UploadProgressContract, IClassFixture<RedisFixture>
{
    protected override IUploadProgress Progress => new RedisUploadProgress(redis.Server);

    [Fact]
    public async Task The_hash_has_the_documented_fields_and_expires()
    {
        await Progress.Begin("fields", new(3, "f00d", 12_345_678), Cancel);
        await Progress.Receive("fields", 2, Cancel);
        var fields = await redis.Server.Database.HashGetAllAsync("MP_fields");
        Assert.Equal(
            ["chkidx_2=1", "chunkcount=3", "filehash=f00d", "filesize=12345678"],
            fields.Select(field => $"{field.Name}={field.Value}").Order()
        );
        Assert.InRange(
            (await redis.Server.Database.KeyTimeToLiveAsync("MP_fields"))!.Value,
            TimeSpan.FromDays(7),
            TimeSpan.FromDays(8)
        );
    }
}

public sealed class RedisTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task Counts_are_shared_and_end_with_their_window()
    {
        var counters = new RedisCounters(redis.Server);
        var window = TimeSpan.FromMilliseconds(300);
        Assert.Equal(1, await counters.Add("a", window));
        Assert.Equal(2, await new RedisCounters(redis.Server).Add("a", window));
        await counters.TakeBack("a");
        Assert.Equal(2, await counters.Add("a", window));
        while (await counters.Add("a", window) != 1)
            await Task.Delay(20, Cancel);
    }

    [Fact]
    public async Task A_note_is_good_once()
    {
        var notes = new RedisNotes(redis.Server);
        Assert.True(await notes.Leave("n", "text", TimeSpan.FromMinutes(1)));
        Assert.Equal("text", await new RedisNotes(redis.Server).Take("n"));
        Assert.Null(await notes.Take("n"));
    }

    [Fact]
    public async Task Who_listens_hears_how_far_the_read_models_are()
    {
        var heard = new TaskCompletionSource<Position>();
        await new RedisSignals(redis.Server, "models").Hear(position => heard.TrySetResult(position));
        var signals = new RedisSignals(redis.Server, "models");
        while (!heard.Task.IsCompleted)
        {
            signals.Tell(new Position(7));
            await Task.Delay(10, Cancel);
        }
        Assert.Equal(7, (await heard.Task).Value);
    }
}

/// <summary>A Redis that goes away and comes back empty.</summary>
public sealed class RedisLostTests
{
    [Fact]
    public async Task Without_it_everything_goes_on_and_what_was_in_it_is_filled_again()
    {
        await using var service = new Varve.Services.Redis();
        await service.InitializeAsync();
        await using var server = await RedisServer.Open(
            RedisAddress.Parse(service.Address),
            NullLogger<RedisServer>.Instance
        );
        var progress = new RedisUploadProgress(server);
        await using var live = await LiveReadModels.Start(new SqliteReadStore(), progress: progress);
        server.Restored += live.FillProgress;
        live.Store.Write("upload-u1", UploadSamples.Initiated);
        live.Store.Write("upload-u1", UploadSamples.Part(1));
        await live.CaughtUp();
        Assert.Equal([1], (await progress.Find("u1", Cancel))!.Received);

        await service.Stop();
        live.Store.Write("upload-u1", UploadSamples.Part(2));
        await live.CaughtUp();
        Assert.Null(await progress.Find("u1", Cancel));
        Assert.Null(await new RedisCounters(server).Add("a", TimeSpan.FromMinutes(1)));
        Assert.False(await new RedisNotes(server).Leave("n", "text", TimeSpan.FromMinutes(1)));

        await service.InitializeAsync();
        while (!server.IsConnected)
            await Task.Delay(20, Cancel);
        // The next event finds it there, and all of the upload comes back.
        for (var number = 3; (await progress.Find("u1", Cancel))?.Received is not [1, 2, 3, ..]; number++)
        {
            live.Store.Write("upload-u1", UploadSamples.Part(number));
            await live.CaughtUp();
            await Task.Delay(50, Cancel);
        }
    }
}

public sealed class RedisFixture : IAsyncLifetime
{
    readonly Varve.Services.Redis service = new();

    public RedisServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await service.InitializeAsync();
        Server = await RedisServer.Open(RedisAddress.Parse(service.Address), NullLogger<RedisServer>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await service.DisposeAsync();
    }
}
