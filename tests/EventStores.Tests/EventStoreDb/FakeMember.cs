using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Varve.EventStores.Protocol;
using VNodeState = Varve.EventStores.Protocol.MemberInfo.Types.VNodeState;

namespace Varve.EventStores.Tests.EventStoreDb;

/// <summary>A member of a cluster that knows who is in it, and does no more: whoever calls it otherwise is refused.
/// </summary>
sealed class FakeMember : IAsyncDisposable
{
    readonly WebApplication web;

    FakeMember(WebApplication web) => this.web = web;

    public int Port => new Uri(web.Urls.First()).Port;

    /// <summary>What its gossip says.</summary>
    public ConcurrentQueue<MemberInfo> Members { get; } = new();

    /// <summary>How it refuses.</summary>
    public RpcException Refusal { get; set; } = new(new(StatusCode.Unavailable, "Server Is Not Ready"));

    /// <summary>Headers of the calls that it refused.</summary>
    public ConcurrentQueue<Metadata> Refused { get; } = new();

    public int Gossips { get; private set; }

    public static async Task<FakeMember> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseUrls()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(System.Net.IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2)
            );
        FakeMember? member = null;
        builder.Services.AddSingleton(_ => new Talk(member!)).AddSingleton(_ => new Refusing(member!)).AddGrpc();
        var web = builder.Build();
        web.MapGrpcService<Talk>();
        web.MapGrpcService<Refusing>();
        member = new(web);
        await web.StartAsync();
        return member;
    }

    public void Says(int port, VNodeState state, bool alive = true) =>
        Members.Enqueue(
            new()
            {
                State = state,
                IsAlive = alive,
                HttpEndPoint = new() { Address = "127.0.0.1", Port = (uint)port },
            }
        );

    public static RpcException NotLeader(int leader) =>
        new(
            new(StatusCode.NotFound, "Leader info available"),
            new Metadata
            {
                { "exception", "not-leader" },
                { "leader-endpoint-host", "127.0.0.1" },
                { "leader-endpoint-port", $"{leader}" },
            }
        );

    public ValueTask DisposeAsync() => web.DisposeAsync();

    sealed class Talk(FakeMember member) : Gossip.GossipBase
    {
        public override Task<ClusterInfo> Read(Empty request, ServerCallContext context)
        {
            member.Gossips++;
            return Task.FromResult(new ClusterInfo { Members = { member.Members } });
        }
    }

    sealed class Refusing(FakeMember member) : Streams.StreamsBase
    {
        public override Task<AppendResp> Append(
            IAsyncStreamReader<AppendReq> requestStream,
            ServerCallContext context
        ) => throw Refuse(context);

        public override Task Read(
            ReadReq request,
            IServerStreamWriter<ReadResp> responseStream,
            ServerCallContext context
        ) => throw Refuse(context);

        RpcException Refuse(ServerCallContext context)
        {
            member.Refused.Enqueue(context.RequestHeaders);
            return member.Refusal;
        }
    }
}
