using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;
using Varve.EventStores.Node;
using Varve.EventStores.Protocol;
using Gossips = Varve.EventStores.Protocol.Gossip;

namespace Varve.EventStores.Tests.Node;

/// <summary>A node that lets anybody in, and the protocol's own calls to it.</summary>
public sealed class RawNode : IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    readonly NodeJudge? judge;
    EventNode? node;
    GrpcChannel? channel;

    public RawNode() { }

    internal RawNode(NodeJudge judge) => this.judge = judge;

    public EmbeddedEventStore Log { get; private set; } = null!;

    public Uri Address => node!.Address;

    internal Streams.StreamsClient Streams => new(channel);

    internal Gossips.GossipClient Gossip => new(channel);

    internal ServerFeatures.ServerFeaturesClient Features => new(channel);

    public async ValueTask InitializeAsync()
    {
        Log = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);
        node = await EventNode.Start(
            new(new IPEndPoint(IPAddress.Loopback, 0), Certificate: null, judge),
            Log,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None
        );
        channel = GrpcChannel.ForAddress(node.Address, new() { MaxReceiveMessageSize = 17 << 20 });
    }

    /// <summary>As at SIGTERM.</summary>
    public async Task Stop()
    {
        await node!.DisposeAsync();
        node = null;
    }

    public async ValueTask DisposeAsync()
    {
        channel!.Dispose();
        if (node is not null)
            await node.DisposeAsync();
        await Log.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>Each test has streams of its own on a node that all share.</summary>
public abstract class RawNodeTests(RawNode node) : IDisposable
{
    internal const ulong Tombstoned = long.MaxValue;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly CancellationTokenSource limit = Limit();

    internal static readonly Empty Set = new();

    internal RawNode Node => node;

    internal Streams.StreamsClient Streams => node.Streams;

    /// <summary>A test that waits in vain ends by it.</summary>
    protected CancellationToken Cancel => limit.Token;

    protected string Own { get; } = $"raw{Guid.NewGuid():N}";

    public void Dispose()
    {
        limit.Dispose();
        GC.SuppressFinalize(this);
    }

    static CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        return limit;
    }

    internal static StreamIdentifier Name(string stream) => new() { StreamName = ByteString.CopyFromUtf8(stream) };

    internal static AppendReq.Types.ProposedMessage Event(
        string data = "{}",
        string type = "Tested",
        string contentType = "application/json",
        Guid? id = null
    ) =>
        new()
        {
            Id = (id ?? Guid.NewGuid()).ToProtocol(asText: true),
            Metadata = { ["type"] = type, ["content-type"] = contentType },
            Data = ByteString.CopyFromUtf8(data),
        };

    internal static AppendReq.Types.ProposedMessage[] Events(int count) =>
        [.. Enumerable.Range(0, count).Select(n => Event($"{n}"))];

    /// <param name="expected">−1 none, −2 any, −4 exists, or the revision, as in the protocol's trailers.</param>
    internal async Task<AppendResp> Append(
        string stream,
        long expected,
        params AppendReq.Types.ProposedMessage[] events
    )
    {
        var options = new AppendReq.Types.Options { StreamIdentifier = Name(stream) };
        switch (expected)
        {
            case -1:
                options.NoStream = Set;
                break;
            case -2:
                options.Any = Set;
                break;
            case -4:
                options.StreamExists = Set;
                break;
            default:
                options.Revision = (ulong)expected;
                break;
        }
        return await Send([new() { Options = options }, .. events.Select(e => new AppendReq { ProposedMessage = e })]);
    }

    internal async Task<AppendResp> Send(params AppendReq[] messages)
    {
        using var call = Streams.Append(cancellationToken: Cancel);
        try
        {
            foreach (var message in messages)
                await call.RequestStream.WriteAsync(message, Cancel);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception gone) when (gone is RpcException or InvalidOperationException)
        {
            // The server has answered before it had everything: what it says is the answer.
        }
        return await call;
    }

    internal async Task<ulong> Written(string stream, int count) =>
        (await Append(stream, -2, Events(count))).Success.Position.CommitPosition;

    internal Task<AppendResp> SetMetadata(string stream, string json) =>
        Append($"$${stream}", -2, Event(json, "$metadata"));

    internal static ReadReq.Types.Options OfStream(string stream, ulong from = 0, ulong count = 100) =>
        new()
        {
            Stream = new() { StreamIdentifier = Name(stream), Revision = from },
            Count = count,
            NoFilter = Set,
            UuidOption = new() { String = Set },
        };

    internal static ReadReq.Types.Options OfAll(ulong from = 0, ulong count = 1_000_000) =>
        new()
        {
            All = new()
            {
                Position = new() { CommitPosition = from, PreparePosition = from },
            },
            Count = count,
            NoFilter = Set,
            UuidOption = new() { Structured = Set },
        };

    internal static ReadReq.Types.Options Backwards(ReadReq.Types.Options options)
    {
        options.ReadDirection = ReadReq.Types.Options.Types.ReadDirection.Backwards;
        return options;
    }

    internal async Task<List<ReadResp>> Read(ReadReq.Types.Options options)
    {
        using var call = Streams.Read(new() { Options = options }, cancellationToken: Cancel);
        var read = new List<ReadResp>();
        while (await call.ResponseStream.MoveNext(Cancel))
            read.Add(call.ResponseStream.Current);
        return read;
    }

    internal static Task<RpcException> Fails(Func<Task> call) => Assert.ThrowsAsync<RpcException>(call);

    /// <summary>What is in a response, in short: <c>3</c> an event of that revision, <c>first=3</c>, <c>none</c>…
    /// </summary>
    internal static string Short(ReadResp response) =>
        response.ContentCase switch
        {
            ReadResp.ContentOneofCase.Event => $"{response.Event.Event.StreamRevision}",
            ReadResp.ContentOneofCase.FirstStreamPosition => $"first={response.FirstStreamPosition}",
            ReadResp.ContentOneofCase.LastStreamPosition => $"last={response.LastStreamPosition}",
            ReadResp.ContentOneofCase.StreamNotFound => "none",
            ReadResp.ContentOneofCase.CaughtUp => "live",
            ReadResp.ContentOneofCase.Checkpoint => "checkpoint",
            ReadResp.ContentOneofCase.Confirmation => "confirmed",
            var other => throw new InvalidOperationException($"{other}"),
        };

    internal static string Short(IEnumerable<ReadResp> responses) => string.Join(' ', responses.Select(Short));

    internal static void AssertError(
        RpcException error,
        StatusCode status,
        string exception,
        params (string Key, string Value)[] trailers
    )
    {
        Assert.Equal(status, error.StatusCode);
        Assert.Equal(exception, error.Trailers.GetValue("exception"));
        foreach (var (key, value) in trailers)
            Assert.Equal(value, error.Trailers.GetValue(key));
    }

    internal static string Text(ByteString bytes) => Encoding.UTF8.GetString(bytes.Span);
}
