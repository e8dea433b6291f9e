using System.Net;
using Grpc.Core;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Node;

/// <summary>Tells clients what they can call: what is not here, they do without.</summary>
sealed class ServerFeaturesService : ServerFeatures.ServerFeaturesBase
{
    /// <summary>Of the EventStoreDB whose behaviour this is.</summary>
    const string Version = "24.6.0";

    const string StreamsName = "event_store.client.streams.streams";

    static readonly SupportedMethods Methods = new()
    {
        EventStoreServerVersion = Version,
        Methods =
        {
            Method(StreamsName, "read", "position", "events"),
            Method(StreamsName, "append"),
            Method(StreamsName, "batchappend", "deadline_duration"),
            Method(StreamsName, "delete"),
            Method(StreamsName, "tombstone"),
            Method("event_store.client.gossip.gossip", "read"),
            Method("event_store.client.server_features.serverfeatures", "getsupportedmethods"),
        },
    };

    public override Task<SupportedMethods> GetSupportedMethods(Empty request, ServerCallContext context) =>
        Task.FromResult(Methods);

    static SupportedMethod Method(string service, string name, params ReadOnlySpan<string> features) =>
        new()
        {
            ServiceName = service,
            MethodName = name,
            Features = { features.ToArray() },
        };
}

/// <summary>A cluster of one, which leads.</summary>
sealed class GossipService(EventNodeOptions options, TimeProvider time) : Gossip.GossipBase
{
    readonly Guid instance = Guid.NewGuid();

    public override Task<ClusterInfo> Read(Empty request, ServerCallContext context)
    {
        var (host, port) = options.Advertised ?? AsCalled(context.Host);
        return Task.FromResult(
            new ClusterInfo
            {
                Members =
                {
                    new MemberInfo
                    {
                        InstanceId = instance.ToProtocol(asText: false),
                        TimeStamp = time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks,
                        State = MemberInfo.Types.VNodeState.Leader,
                        IsAlive = true,
                        HttpEndPoint = new() { Address = host, Port = (uint)port },
                    },
                },
            }
        );
    }

    /// <summary>Who reached the node by a name and a port reaches it by them again.</summary>
    static (string Host, int Port) AsCalled(string authority) =>
        Uri.TryCreate($"http://{authority}", UriKind.Absolute, out var url)
            ? (url.Host.Trim('[', ']'), url.Port)
            : (IPAddress.Loopback.ToString(), 2113);
}
