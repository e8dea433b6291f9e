using MediatR;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Workers.Transfers;

namespace Varve.Workers.Tests.Transfers;

public sealed class FirstCopyBehaviorTests : IAsyncLifetime
{
    CopyWorld world = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => world = await CopyWorld.Create();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task The_answer_waits_until_another_tier_has_the_bytes()
    {
        var hash = await world.Put(1000);
        var outcome = await Through("ceph", hash);
        Assert.Null(outcome.Rejection);
        Assert.True(await world.IsIn(hash, "ceph"));
    }

    [Fact]
    public async Task The_next_tier_will_do_where_the_first_cannot_be_had()
    {
        var hash = await world.Put(1000);
        var outcome = await Through("oss", "ceph", hash);
        Assert.Null(outcome.Rejection);
        Assert.True(await world.IsIn(hash, "ceph"));
    }

    [Fact]
    public async Task A_write_that_no_other_tier_takes_is_refused_and_done_when_it_comes_again()
    {
        var hash = await world.Put(1000);
        world.Ceph.IsReachable = false;
        Assert.Equal(ErrorCode.ServiceUnavailable, (await Through("ceph", hash)).Rejection?.Code);
        world.Ceph.IsReachable = true;
        Assert.Null((await Through("ceph", hash)).Rejection);
        Assert.True(await world.IsIn(hash, "ceph"));
    }

    [Fact]
    public async Task What_another_tier_has_already_is_not_brought_again()
    {
        var hash = await world.PutInBoth(1000);
        Assert.Null((await Through("ceph", hash)).Rejection);
        Assert.Equal(1, world.Ceph.Staged);
    }

    Task<Outcome> Through(string tier, ContentHash hash) => Through([tier], hash);

    Task<Outcome> Through(string first, string second, ContentHash hash) => Through([first, second], hash);

    async Task<Outcome> Through(string[] tiers, ContentHash hash)
    {
        var content = await world.Find(hash);
        RequestHandlerDelegate<Outcome> written = () => Task.FromResult(new Outcome(null, 1, [content]));
        return await new FirstCopyBehavior(() => world.Copier, tiers).Handle(new Writing(), Cancel, written);
    }

    sealed record Writing() : Command(UploadWorld.ContextAt(UploadWorld.Now))
    {
        public override string Stream => "object-photos/cat";

        public override IEnumerable<Step> Steps() => [];
    }
}
