using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Node;

/// <param name="EndPoint">Where it listens; port 0 takes a free one.</param>
/// <param name="Certificate">Null for plain text (HTTP/2 with prior knowledge).</param>
/// <param name="Judge">Who may do what; null where anybody may do anything.</param>
/// <param name="Advertised">How clients that discover a cluster are told to reach the node; null: as they did.</param>
public sealed record EventNodeOptions(
    IPEndPoint EndPoint,
    X509Certificate2? Certificate,
    NodeJudge? Judge,
    (string Host, int Port)? Advertised = null
);

/// <summary>
/// The embedded log, served by EventStoreDB's gRPC protocol to whatever client speaks it: one node that leads a cluster
/// of one. Persistent subscriptions, projections, users and operations are not served (UNIMPLEMENTED).
/// </summary>
public sealed class EventNode : IAsyncDisposable
{
    /// <summary>As EventStoreDB has it.</summary>
    const int MessageBytesMax = 16 << 20;

    /// <summary>Subscriptions and other calls of one connection; more wait in the client.</summary>
    const int StreamsMax = 1_000;

    static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <summary>For calls that are being answered when the node stops.</summary>
    static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);

    readonly WebApplication web;

    EventNode(WebApplication web) => this.web = web;

    public Uri Address =>
        new(
            web.Services.GetRequiredService<IServer>()
                .Features.GetRequiredFeature<IServerAddressesFeature>()
                .Addresses.First()
        );

    /// <summary>Returns when it answers.</summary>
    /// <param name="store">Stays the caller's, who disposes it after the node.</param>
    public static async Task<EventNode> Start(
        EventNodeOptions options,
        EmbeddedEventStore store,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder
            .Services.Configure<HostOptions>(host => host.ShutdownTimeout = Drain)
            .AddSingleton(options)
            .AddSingleton(loggers)
            .AddSingleton(time)
            .AddSingleton(store)
            .AddSingleton(new NodeStreams(store, time))
            .AddSingleton(new NodeAccess(options.Judge))
            .AddSingleton<GossipService>()
            .AddSingleton<ServerFeaturesService>()
            .AddSingleton<StreamsService>()
            .AddGrpc(grpc =>
            {
                grpc.MaxReceiveMessageSize = MessageBytesMax;
                grpc.Interceptors.Add<NodeAccess>();
            });
        var web = builder.Build();
        web.MapGrpcService<StreamsService>();
        web.MapGrpcService<ServerFeaturesService>();
        web.MapGrpcService<GossipService>();
        try
        {
            await web.StartAsync(cancel);
            return new(web);
        }
        catch
        {
            await web.DisposeAsync();
            throw;
        }
    }

    static void Listen(KestrelServerOptions kestrel, EventNodeOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // a call of BatchAppend never ends
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null; // nor does a subscription, and its reader may be slow
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsMax;
        kestrel.Limits.Http2.KeepAlivePingDelay = KeepAlive;
        kestrel.Limits.Http2.KeepAlivePingTimeout = KeepAlive;
        kestrel.Listen(
            options.EndPoint,
            port =>
            {
                port.Protocols = HttpProtocols.Http2;
                if (options.Certificate is { } certificate)
                    port.UseHttps(certificate);
            }
        );
    }

    /// <summary>Subscriptions end as unavailable; other calls are answered.</summary>
    public async ValueTask DisposeAsync()
    {
        await web.StopAsync();
        await web.DisposeAsync();
    }
}
