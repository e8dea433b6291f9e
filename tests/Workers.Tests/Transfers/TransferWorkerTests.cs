using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Contents;
using Varve.Workers.Transfers;

namespace Varve.Workers.Tests.Transfers;

public sealed class TransferWorkerTests : IAsyncLifetime
{
    static readonly TransferPace Pace = new(AtOnce: 3, [TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(60)]);

    CopyWorld world = null!;
    LocalTransferQueue queue = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        world = await CopyWorld.Create();
        queue = new(Path.Combine(world.Folder, "transfers.db"), Pace, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await queue.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task Every_content_comes_to_every_tier_of_the_policy()
    {
        ContentHash[] before = [await world.Put(1000), await world.Put(300_000)];
        var after = default(ContentHash);
        await CopyWorld.While(
            Worker(queue),
            async () =>
            {
                if (after == default && await AllInCeph(before))
                    after = await world.Put(0);
                return after != default && await AllInCeph([.. before, after]);
            }
        );
        foreach (var hash in (ContentHash[])[.. before, after])
        {
            var content = await world.Find(hash);
            Assert.True(await CopyWorld.Holds(world.Ceph, content.Copies["ceph"].Location, hash, content.Stored!.Size));
        }
    }

    [Fact]
    public async Task A_tier_that_comes_back_gets_what_it_missed_and_nothing_twice()
    {
        world.Ceph.IsReachable = false;
        var hash = await world.Put(1000);
        await CopyWorld.While(
            Worker(queue),
            async () =>
            {
                var state = await queue.Read("ceph", 9, Cancel);
                world.Ceph.IsReachable |= state.Delayed > 0;
                return await world.IsIn(hash, "ceph");
            }
        );
        Assert.Equal(1, world.Ceph.Staged);
    }

    [Fact]
    public async Task What_never_works_is_in_the_log_and_is_copied_when_it_is_asked_for()
    {
        world.Ceph.IsReachable = false;
        var hash = await world.Put(1000);
        await CopyWorld.While(Worker(queue), async () => (await queue.Read("ceph", 9, Cancel)).Failed == 1);
        var last = await world
            .Events.ReadStream(hash.Stream, EventStores.Direction.Backwards, long.MaxValue, 1, Cancel)
            .FirstAsync(Cancel);
        Assert.Equal("ContentCopyFailed", last.Type);

        world.Ceph.IsReachable = true;
        await queue.Retry("ceph", Cancel);
        await CopyWorld.While(Worker(queue), () => world.IsIn(hash, "ceph"));
    }

    [Fact]
    public async Task Who_takes_the_asking_over_asks_only_for_what_nobody_asked_for()
    {
        await world.Put(1000);
        var hash = await world.Put(1001);
        await CopyWorld.While(Requester(queue), () => IsPassed(hash));
        Assert.Equal(2, (await queue.Read("ceph", 9, Cancel)).Waiting);
        hash = await world.Put(1002);
        await CopyWorld.While(Requester(queue), () => IsPassed(hash));
        Assert.Equal(3, (await queue.Read("ceph", 9, Cancel)).Waiting);

        async Task<bool> IsPassed(ContentHash content)
        {
            var stored = await world
                .Events.ReadStream(content.Stream, EventStores.Direction.Forwards, 0, 1, Cancel)
                .SingleAsync(Cancel);
            return await world.Places.Find("transfers-ceph", Cancel) >= stored.Position;
        }
    }

    [Fact]
    public async Task A_message_that_comes_twice_copies_once()
    {
        var hash = await world.Put(1000);
        await world.Copier.Copy(hash, "ceph", Cancel);
        Assert.Null(await world.Copier.Copy(hash, "ceph", Cancel));
        Assert.Equal(1, world.Ceph.Staged);
    }

    [Fact]
    public async Task Bytes_that_are_damaged_at_their_source_are_never_copied()
    {
        var hash = await world.Put(300_000);
        var content = await world.Find(hash);
        await world.Disk.Purge(content.Stored!.Location, Cancel);
        await Assert.ThrowsAsync<Tiers.ContentDamagedException>(() => world.Copier.Copy(hash, "ceph", Cancel));
        Assert.Empty(world.Ceph.Locations);
        Assert.False((await world.Find(hash)).Holds);
    }

    [Fact]
    public async Task A_content_that_is_gone_asks_for_nothing() =>
        Assert.Null(await world.Copier.Copy(new(new string('a', 64)), "ceph", Cancel));

    Both Worker(ITransferQueue queue) =>
        new(
            Requester(queue),
            new TransferWorker(
                queue,
                world.Copier,
                world.Door,
                ["ceph"],
                world.Metrics,
                TimeProvider.System,
                NullLogger<TransferWorker>.Instance
            )
        );

    TransferRequester Requester(ITransferQueue queue) =>
        new(
            world.Events,
            queue,
            ["ceph"],
            world.Places,
            world.Metrics,
            TimeProvider.System,
            NullLogger<TransferRequester>.Instance
        );

    sealed class Both(TransferRequester requester, TransferWorker worker) : IWorker
    {
        public Task Run(CancellationToken cancel) => Task.WhenAll(requester.Run(cancel), worker.Run(cancel));
    }

    async Task<bool> AllInCeph(ContentHash[] hashes)
    {
        foreach (var hash in hashes)
            if (!await world.IsIn(hash, "ceph"))
                return false;
        return true;
    }
}
