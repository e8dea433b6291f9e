using System.Net;
using Grpc.Core;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Tests.Node;

public sealed class NodeServiceTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    [Fact]
    public async Task Clients_are_told_what_they_can_call()
    {
        var answer = await Node.Features.GetSupportedMethodsAsync(Set, cancellationToken: Cancel);
        Assert.Equal("24.6.0", answer.EventStoreServerVersion);
        var streams = answer.Methods.Where(m => m.ServiceName == "event_store.client.streams.streams");
        Assert.Equal(
            ["append", "batchappend:deadline_duration", "delete", "read:position,events", "tombstone"],
            streams
                .Select(m => m.Features.Count == 0 ? m.MethodName : $"{m.MethodName}:{string.Join(',', m.Features)}")
                .Order()
        );
        Assert.All(answer.Methods, m => Assert.Equal(m.ServiceName.ToLowerInvariant(), m.ServiceName));
    }

    [Fact]
    public async Task One_node_leads_and_is_reached_as_it_was()
    {
        var member = Assert.Single((await Node.Gossip.ReadAsync(Set, cancellationToken: Cancel)).Members);
        Assert.Equal((MemberInfo.Types.VNodeState.Leader, true), (member.State, member.IsAlive));
        Assert.Equal(
            (Node.Address.Host, (uint)Node.Address.Port),
            (member.HttpEndPoint.Address, member.HttpEndPoint.Port)
        );
        Assert.Equal(UUID.ValueOneofCase.Structured, member.InstanceId.ValueCase);
        var at = DateTimeOffset.UnixEpoch.AddTicks(member.TimeStamp);
        Assert.InRange(TimeProvider.System.GetUtcNow() - at, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData("event_store.client.persistent_subscriptions.PersistentSubscriptions/List")]
    [InlineData("event_store.client.operations.Operations/Shutdown")]
    [InlineData("event_store.client.streams.Streams/Nothing")]
    public async Task What_is_not_served_is_unimplemented(string method)
    {
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20 };
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.ContentType = new("application/grpc");
        using var answer = await http.PostAsync(new Uri(Node.Address, method), content, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/grpc", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["12"], answer.Headers.GetValues("grpc-status"));
    }

    /// <summary>Whatever bytes come: an error, and the node goes on.</summary>
    [Fact]
    public async Task Garbage_is_an_error()
    {
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20 };
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        byte[][] bodies =
        [
            [],
            [0],
            [0, 0, 0, 0, 9, 1],
            [0, 0, 0, 0, 2, 255, 255],
            [1, 0, 0, 0, 1, 7],
            [9, 255, 255, 255, 255],
        ];
        foreach (var method in new[] { "Read", "Append", "BatchAppend", "Delete", "Tombstone" })
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/grpc");
            var path = new Uri(Node.Address, $"event_store.client.streams.Streams/{method}");
            using var answer = await http.PostAsync(path, content, Cancel);
            await answer.Content.ReadAsByteArrayAsync(Cancel);
            var headers = answer.Headers.TryGetValues("grpc-status", out var early)
                ? early
                : answer.TrailingHeaders.GetValues("grpc-status");
            if (method != "BatchAppend" || body.Length > 0) // which is a call without appends
                Assert.NotEqual("0", Assert.Single(headers));
        }
        await Written(Own, 1);
    }
}

/// <summary>Each with a node of its own, which it stops.</summary>
public sealed class NodeStopTests
{
    [Fact]
    public async Task Whatever_is_open_ends_at_once_and_as_unavailable()
    {
        await using var node = new RawNode();
        await node.InitializeAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        var cancel = limit.Token;

        var options = RawNodeTests.OfAll();
        options.Subscription = new();
        using var subscription = node.Streams.Read(new() { Options = options }, cancellationToken: cancel);
        Assert.True(await subscription.ResponseStream.MoveNext(cancel));
        using var batch = node.Streams.BatchAppend(cancellationToken: cancel);
        await batch.RequestStream.WriteAsync(new() { CorrelationId = new() { String = $"{Guid.NewGuid()}" } }, cancel);
        using var append = node.Streams.Append(cancellationToken: cancel);
        var half = new AppendReq.Types.Options { StreamIdentifier = RawNodeTests.Name("a"), Any = new() };
        await append.RequestStream.WriteAsync(new() { Options = half }, cancel);

        var begun = TimeProvider.System.GetTimestamp();
        await node.Stop();
        Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(10));
        async Task Unavailable(Func<Task> call) =>
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
        await Unavailable(async () =>
        {
            while (await subscription.ResponseStream.MoveNext(cancel)) { }
        });
        await Unavailable(() => batch.ResponseStream.MoveNext(cancel));
        await Unavailable(async () => await append);
    }
}
