using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.EventStores;

namespace Varve.Projections.Tests;

public sealed class BarrierTests
{
    static readonly BucketCommand Command = new BucketCommand.Create(
        new CommandContext(Guid.Empty, "ana", DateTimeOffset.UnixEpoch),
        BucketName.Parse("photos"),
        "ana"
    );

    readonly ProjectionBarrier barrier = new(TimeSpan.FromSeconds(30));

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_waits_only_while_the_read_models_are_too_far_behind_it()
    {
        barrier.Advance(new(5));
        await Write(position: 8, lagMax: 3);
        var tooFar = Write(position: 9, lagMax: 3);
        Assert.False(tooFar.IsCompleted);
        barrier.Advance(new(6));
        await tooFar;
    }

    [Fact]
    public async Task A_read_waits_for_the_write_that_did_not()
    {
        await Write(position: 2, lagMax: 3);
        Assert.Equal(new Position(2), barrier.Acknowledged);
        var read = barrier.PassOwnWrites(Cancel).AsTask();
        Assert.False(read.IsCompleted);
        barrier.Advance(new(2));
        Assert.True(await read);
    }

    [Fact]
    public async Task Events_gather_until_somebody_waits_for_them()
    {
        var gathering = barrier.Wanted(TimeSpan.FromSeconds(30), Cancel);
        Assert.False(gathering.IsCompleted);
        var waiting = barrier.Pass(new(1), Cancel);
        await gathering;
        await barrier.Wanted(TimeSpan.FromSeconds(30), Cancel); // somebody waits still
        barrier.Advance(new(1));
        Assert.True(await waiting);
    }

    Task<Outcome> Write(long position, long lagMax) =>
        new BarrierBehavior(barrier, new InMemoryEventStore(), lagMax).Handle(
            Command,
            Cancel,
            () => Task.FromResult(new Outcome(Rejection: null, position, []))
        );
}
