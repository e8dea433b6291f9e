using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.EventStoreDb;
using VNodeState = Varve.EventStores.Protocol.MemberInfo.Types.VNodeState;

namespace Varve.EventStores.Tests.EventStoreDb;

/// <summary>How the leader of a cluster is found, and found again.</summary>
public sealed class ClusterTests(OpenNode leader) : IClassFixture<OpenNode>, IAsyncLifetime
{
    readonly List<EventStoreDbStore> opened = [];
    FakeMember member = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => member = await FakeMember.Start();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in opened)
            await store.DisposeAsync();
        await member.DisposeAsync();
    }

    EventStoreDbStore Open(string connection)
    {
        var store = EventStoreDbStore.Open(
            ConnectionString.Parse(connection),
            TimeProvider.System,
            NullLogger.Instance
        );
        opened.Add(store);
        return store;
    }

    static async Task Append(EventStoreDbStore store)
    {
        var @event = new NewEvent(Guid.NewGuid(), "Tested", "{}"u8.ToArray(), default);
        var stream = $"cluster-{Guid.NewGuid():N}";
        var result = await store.Append([new(stream, ExpectedRevision.NoStream, [@event])], Cancel);
        Assert.Null(result.Conflict);
        var read = await store.ReadStream(stream, Direction.Forwards, 0, 10, Cancel).ToListAsync(Cancel);
        Assert.Equal(@event.Id, Assert.Single(read).Id);
    }

    /// <summary>A port at which nobody listens.</summary>
    static int NobodysPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [Fact]
    public async Task The_leader_is_found_by_gossip()
    {
        member.Says(NobodysPort(), VNodeState.Leader, alive: false);
        member.Says(member.Port, VNodeState.Follower);
        member.Says(leader.Port, VNodeState.Leader);
        var store = Open($"esdb+discover://127.0.0.1:{member.Port}?tls=false");
        await Append(store);
        await Append(store);
        Assert.Empty(member.Refused);
        Assert.Equal(1, member.Gossips);
    }

    [Fact]
    public async Task Hosts_that_do_not_answer_are_passed_over()
    {
        member.Says(leader.Port, VNodeState.Leader);
        await Append(
            Open($"esdb://127.0.0.1:{NobodysPort()},127.0.0.1:{member.Port},127.0.0.1:{NobodysPort()}?tls=false")
        );
    }

    [Theory]
    [InlineData("follower"), InlineData("readOnlyReplica"), InlineData("leader")]
    public async Task The_preferred_node_is_chosen(string preference)
    {
        var state = Enum.Parse<VNodeState>(preference, ignoreCase: true);
        // The one that is preferred can serve; the others would refuse.
        foreach (var other in new[] { VNodeState.Leader, VNodeState.Follower, VNodeState.ReadOnlyReplica })
            member.Says(other == state ? leader.Port : member.Port, other);
        await Append(Open($"esdb+discover://127.0.0.1:{member.Port}?tls=false&nodePreference={preference}"));
        Assert.Empty(member.Refused);
    }

    [Fact]
    public async Task Who_does_not_lead_says_who_does()
    {
        member.Refusal = FakeMember.NotLeader(leader.Port);
        var store = Open($"esdb://127.0.0.1:{member.Port}?tls=false");
        await Append(store);
        await Append(store);
        Assert.Single(member.Refused);
    }

    [Fact]
    public async Task A_subscription_follows_to_the_leader()
    {
        member.Refusal = FakeMember.NotLeader(leader.Port);
        var store = Open($"esdb://127.0.0.1:{member.Port}?tls=false");
        await foreach (var batch in store.Subscribe(Position.Start, ["cluster-"], Cancel))
            if (batch.Live)
                break;
        Assert.NotEmpty(member.Refused);
    }

    [Fact]
    public async Task A_leader_that_is_gone_is_looked_for_again()
    {
        var gone = await FakeMember.Start();
        member.Says(gone.Port, VNodeState.Leader);
        await gone.DisposeAsync();
        var appending = Append(Open($"esdb+discover://127.0.0.1:{member.Port}?tls=false"));
        while (member.Gossips == 0)
            await Task.Delay(5, Cancel);
        member.Members.Clear();
        member.Says(leader.Port, VNodeState.Leader);
        await appending;
    }

    [Fact]
    public async Task Where_nobody_leads_it_is_said_after_all_attempts()
    {
        member.Says(member.Port, VNodeState.CatchingUp);
        var store = Open(
            $"esdb+discover://127.0.0.1:{member.Port}?tls=false&maxDiscoverAttempts=3&discoveryInterval=1"
        );
        var said = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => store.Head(Cancel).AsTask());
        Assert.Contains($"127.0.0.1:{member.Port}", said.Message);
        Assert.Contains("3 attempts", said.Message);
        Assert.Equal(3, member.Gossips);
    }

    [Theory]
    [InlineData(StatusCode.Unauthenticated), InlineData(StatusCode.PermissionDenied)]
    [InlineData(StatusCode.Unimplemented), InlineData(StatusCode.InvalidArgument)]
    public async Task What_trying_again_does_not_mend_is_said_at_once(StatusCode status)
    {
        member.Refusal = new(new Status(status, "no"));
        var store = Open($"esdb://127.0.0.1:{member.Port}?tls=false");
        var said = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => store.Head(Cancel).AsTask());
        Assert.False(said.MayPass);
        Assert.Single(member.Refused);
        await using var batches = store.Subscribe(Position.Start, [], Cancel).GetAsyncEnumerator(Cancel);
        said = await Assert.ThrowsAsync<EventStoreUnavailableException>(() => batches.MoveNextAsync().AsTask());
        Assert.False(said.MayPass);
    }

    [Theory, InlineData("leader", "true"), InlineData("random", "false")]
    public async Task A_call_says_who_makes_it(string preference, string requiresLeader)
    {
        member.Refusal = new(new Status(StatusCode.PermissionDenied, "no"));
        var store = Open(
            $"esdb://ana:p%C3%A4ss@127.0.0.1:{member.Port}?tls=false&connectionName=me&nodePreference={preference}"
        );
        await Assert.ThrowsAsync<EventStoreUnavailableException>(() => store.Head(Cancel).AsTask());
        var headers = Assert.Single(member.Refused);
        Assert.Equal("me", headers.GetValue("connection-name"));
        Assert.Equal(requiresLeader, headers.GetValue("requires-leader"));
        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ana:päss")),
            headers.GetValue("authorization")
        );
    }
}
