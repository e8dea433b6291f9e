using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;
using Varve.EventStores.Node;

namespace Varve.EventStores.Tests.EventStoreDb;

/// <summary>Over a server that does not say what it offers: each append is a call of its own.</summary>
public sealed class PlainAppendContractTests(SilentNode node) : EventStoreContract, IClassFixture<SilentNode>
{
    protected override IEventStore Store => node.Store;
}

/// <summary>A node that has the service Streams alone.</summary>
public sealed class SilentNode : IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    EmbeddedEventStore? log;
    WebApplication? web;
    EventStoreDbStore? store;

    public IEventStore Store => store!;

    public async ValueTask InitializeAsync()
    {
        log = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseUrls()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2)
            );
        builder
            .Services.AddSingleton(log)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new NodeStreams(log, TimeProvider.System))
            .AddSingleton<StreamsService>()
            .AddGrpc(grpc => grpc.MaxReceiveMessageSize = 16 << 20);
        web = builder.Build();
        web.MapGrpcService<StreamsService>();
        await web.StartAsync();
        var settings = ConnectionString.Parse($"esdb://127.0.0.1:{new Uri(web.Urls.First()).Port}?tls=false");
        store = EventStoreDbStore.Open(settings, TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await store!.DisposeAsync();
        await web!.DisposeAsync();
        await log!.DisposeAsync();
        folder.Dispose();
    }
}
