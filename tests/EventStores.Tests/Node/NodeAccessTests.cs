using System.Text;
using Grpc.Core;
using Varve.EventStores.Node;
using Varve.EventStores.Protocol;
using Empty = Varve.EventStores.Protocol.Empty;

namespace Varve.EventStores.Tests.Node;

/// <summary>A node with one who reads and one who writes.</summary>
public sealed class GuardedRawNode : IAsyncLifetime
{
    public RawNode Node { get; } =
        new(
            (user, password, _, _) =>
                new(
                    (user, password) switch
                    {
                        ("reader", "r:1") => NodeRight.Read,
                        ("writer", "w") => NodeRight.Write,
                        _ => NodeRight.None,
                    }
                )
        );

    public ValueTask InitializeAsync() => Node.InitializeAsync();

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}

public sealed class NodeAccessTests(GuardedRawNode guarded) : RawNodeTests(guarded.Node), IClassFixture<GuardedRawNode>
{
    static Metadata As(string credentials) =>
        new() { { "authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))}" } };

    async Task Read(Metadata? headers)
    {
        using var call = Streams.Read(new() { Options = OfAll() }, headers, cancellationToken: Cancel);
        while (await call.ResponseStream.MoveNext(Cancel)) { }
    }

    async Task<AppendResp> Append(Metadata? headers)
    {
        using var call = Streams.Append(headers, cancellationToken: Cancel);
        var options = new AppendReq.Types.Options { StreamIdentifier = Name(Own), Any = Set };
        try
        {
            await call.RequestStream.WriteAsync(new() { Options = options }, Cancel);
            await call.RequestStream.WriteAsync(new() { ProposedMessage = Event() }, Cancel);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception gone) when (gone is RpcException or InvalidOperationException)
        {
            // refused before it was sent
        }
        return await call;
    }

    async Task<BatchAppendResp> BatchAppend(Metadata? headers)
    {
        using var call = Streams.BatchAppend(headers, cancellationToken: Cancel);
        var request = new BatchAppendReq
        {
            CorrelationId = Guid.NewGuid().ToProtocol(asText: true),
            Options = new() { StreamIdentifier = Name(Own), Any = new Google.Protobuf.WellKnownTypes.Empty() },
            IsFinal = true,
        };
        try
        {
            await call.RequestStream.WriteAsync(request, Cancel);
        }
        catch (Exception gone) when (gone is RpcException or InvalidOperationException)
        {
            // refused before it was sent
        }
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        return call.ResponseStream.Current;
    }

    [Theory]
    [InlineData(null), InlineData("reader:wrong"), InlineData("reader"), InlineData(":"), InlineData("")]
    [InlineData("writer:"), InlineData("root:r:1"), InlineData("reader:r:1\n")]
    public async Task A_stranger_does_nothing(string? credentials)
    {
        var headers = credentials is null ? null : As(credentials);
        Func<Task>[] calls =
        [
            () => Read(headers),
            () => Append(headers),
            () => BatchAppend(headers),
            async () => await Streams.DeleteAsync(new(), headers, cancellationToken: Cancel),
            async () => await Streams.TombstoneAsync(new(), headers, cancellationToken: Cancel),
        ];
        foreach (var call in calls)
            Assert.Equal(StatusCode.Unauthenticated, (await Fails(call)).StatusCode);
    }

    [Theory, InlineData("Bearer x"), InlineData("Basic ???"), InlineData("Basic"), InlineData("x")]
    public async Task Credentials_that_are_none_are_wrong(string header) =>
        Assert.Equal(
            StatusCode.Unauthenticated,
            (await Fails(() => Read(new Metadata { { "authorization", header } }))).StatusCode
        );

    [Fact]
    public async Task A_reader_reads_and_no_more()
    {
        var reader = As("reader:r:1");
        await Read(reader);
        Func<Task>[] writes =
        [
            () => Append(reader),
            async () => await Streams.DeleteAsync(new(), reader, cancellationToken: Cancel),
            async () => await Streams.TombstoneAsync(new(), reader, cancellationToken: Cancel),
        ];
        foreach (var write in writes)
            AssertError(await Fails(write), StatusCode.PermissionDenied, "access-denied");
        var refused = (await BatchAppend(reader)).Error;
        Assert.Equal(Code.PermissionDenied, refused.Code);
        Assert.True(refused.Details.Is(AccessDenied.Descriptor));
    }

    [Fact]
    public async Task A_writer_does_both()
    {
        var writer = As("writer:w");
        Assert.NotNull((await Append(writer)).Success);
        Assert.NotNull((await BatchAppend(writer)).Success);
        await Read(writer);
    }

    /// <summary>As in the real server: clients ask for both before they say who they are.</summary>
    [Fact]
    public async Task Everybody_may_ask_what_is_served_and_where()
    {
        var features = await Node.Features.GetSupportedMethodsAsync(new Empty(), cancellationToken: Cancel);
        Assert.NotEmpty(features.Methods);
        Assert.Single((await Node.Gossip.ReadAsync(new Empty(), cancellationToken: Cancel)).Members);
    }
}
