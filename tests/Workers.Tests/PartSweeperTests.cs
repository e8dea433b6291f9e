using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Uploads;

namespace Varve.Workers.Tests;

public sealed class PartSweeperTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly UploadWorld world = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task The_bytes_of_a_cancelled_upload_go()
    {
        var upload = await world.Begin(UploadWorld.Now);
        var part = await world.Part(upload, 1, fill: 1);
        await world.Do(new UploadCommand.Cancel(UploadWorld.ContextAt(UploadWorld.Now), upload));
        await Swept();
        Assert.False(await world.Holds(part));
    }

    [Fact]
    public async Task Of_a_completed_upload_what_it_is_made_of_stays_and_the_rest_goes()
    {
        var upload = await world.Begin(UploadWorld.Now);
        var replaced = await world.Part(upload, 1, fill: 1);
        var one = await world.Part(upload, 1, fill: 2);
        var two = await world.Part(upload, 2, fill: 3);
        var left = await world.Part(upload, 3, fill: 4);
        await world.Complete(upload, one, two);
        await Swept();
        Assert.True(await world.Holds(one));
        Assert.True(await world.Holds(two));
        Assert.False(await world.Holds(replaced));
        Assert.False(await world.Holds(left));
    }

    [Fact]
    public async Task Of_two_uploads_of_one_content_the_second_ones_bytes_go()
    {
        var first = await world.Begin(UploadWorld.Now);
        var kept = await world.Part(first, 1, fill: 1);
        await world.Complete(first, kept, await world.Part(first, 2, fill: 2));

        var second = await world.Begin(UploadWorld.Now.AddSeconds(1));
        var one = await world.Part(second, 1, fill: 1);
        var two = await world.Part(second, 2, fill: 2);
        await world.Complete(second, one, two);
        await Swept();
        Assert.True(await world.Holds(kept));
        Assert.False(await world.Holds(one));
        Assert.False(await world.Holds(two));
    }

    [Fact]
    public async Task An_open_upload_is_left_alone()
    {
        var open = await world.Begin(UploadWorld.Now);
        var part = await world.Part(open, 1, fill: 1);
        await Swept();
        Assert.True(await world.Holds(part));
    }

    /// <summary>Runs a sweeper until it has seen the end of an upload that is cancelled now: it comes last.</summary>
    async Task Swept()
    {
        var last = await world.Begin(UploadWorld.Now);
        var marker = await world.Part(last, 1, fill: 99);
        await world.Do(new UploadCommand.Cancel(UploadWorld.ContextAt(UploadWorld.Now), last));

        using var stop = new CancellationTokenSource(Patience);
        var sweeper = new PartSweeper(
            world.Events,
            world.States,
            world.Contents,
            new FilePlaces(world.Folder),
            TimeProvider.System,
            NullLogger<PartSweeper>.Instance
        );
        var running = sweeper.Run(stop.Token);
        while (await world.Holds(marker))
        {
            stop.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        await stop.CancelAsync();
        await running;
    }
}
