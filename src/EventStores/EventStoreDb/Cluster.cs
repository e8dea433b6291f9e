using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Varve.EventStores.Protocol;
using VNodeState = Varve.EventStores.Protocol.MemberInfo.Types.VNodeState;

namespace Varve.EventStores.EventStoreDb;

/// <summary>
/// The node that calls go to: the one that is named, or the one that gossip gives. Who finds that it does not answer,
/// or does not lead, says so, and the next call finds another. Thread-safe.
/// </summary>
sealed class Cluster : IDisposable
{
    /// <summary>What the official clients take.</summary>
    const int MessageBytesMax = 17 << 20;

    readonly ConnectionString settings;
    readonly TimeProvider time;
    readonly Metadata headers = [];
    readonly SemaphoreSlim finding = new(1);
    readonly SocketsHttpHandler handler;
    IReadOnlyList<(string Host, int Port)> seeds;
    ClusterNode? current;

    public Cluster(ConnectionString settings, TimeProvider time)
    {
        (this.settings, this.time, seeds) = (settings, time, settings.Hosts);
        handler = Handler(settings);
        headers.Add("connection-name", settings.ConnectionName);
        headers.Add("requires-leader", settings.NodePreference == NodePreference.Leader ? "true" : "false");
        if (settings.User is not null)
            headers.Add(
                "authorization",
                $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.User}:{settings.Password}"))}"
            );
    }

    /// <summary>A call that may take as long as it takes.</summary>
    public CallOptions Options(CancellationToken cancel) => new(headers, cancellationToken: cancel);

    /// <summary>A call that writes: its outcome is unknown after the deadline.</summary>
    public CallOptions OptionsWithDeadline(CancellationToken cancel) => new(headers, Deadline.UtcDateTime, cancel);

    public DateTimeOffset Deadline => time.GetUtcNow() + settings.DefaultDeadline;

    /// <exception cref="EventStoreUnavailableException">No node was found in all the attempts.</exception>
    public async ValueTask<ClusterNode> Find(CancellationToken cancel)
    {
        if (Volatile.Read(ref current) is { } known)
            return known;
        await finding.WaitAsync(cancel);
        try
        {
            return current ??= settings.Discover ? await Discover(cancel) : Open(settings.Hosts[0]);
        }
        finally
        {
            finding.Release();
        }
    }

    /// <summary>The node did not answer, or sent the caller to its leader.</summary>
    public void Leave(ClusterNode node, (string Host, int Port)? leader)
    {
        var next = leader is { } known ? Open(known) : null;
        if (Interlocked.CompareExchange(ref current, next, node) == node)
            node.Dispose();
        else
            next?.Dispose(); // somebody else was first
    }

    async ValueTask<ClusterNode> Discover(CancellationToken cancel)
    {
        Exception? last = null;
        for (var attempt = 0; attempt < settings.MaxDiscoverAttempts; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(settings.DiscoveryInterval, time, cancel);
            foreach (var seed in Shuffled())
                try
                {
                    if (Choose(await Gossip(seed, cancel)) is { } chosen)
                        return Open(chosen);
                }
                catch (RpcException silent)
                {
                    last = silent;
                }
        }
        throw new EventStoreUnavailableException(
            $"{settings}: no {settings.NodePreference} was found in {settings.MaxDiscoverAttempts} attempts.",
            last
        );
    }

    (string Host, int Port)[] Shuffled()
    {
        // Who is known from gossip may be gone, and who was named may be new: both are asked.
        var all = seeds.Concat(settings.Hosts).Distinct().ToArray();
        Random.Shared.Shuffle(all);
        return all;
    }

    async Task<ClusterInfo> Gossip((string Host, int Port) seed, CancellationToken cancel)
    {
        using var node = Open(seed);
        var deadline = time.GetUtcNow().UtcDateTime + settings.GossipTimeout;
        return await node.Gossip.ReadAsync(new Empty(), new CallOptions(headers, deadline, cancel));
    }

    (string Host, int Port)? Choose(ClusterInfo gossip)
    {
        var alive = gossip.Members.Where(member => member.IsAlive).ToArray();
        seeds = [.. alive.Select(AddressOf)];
        Random.Shared.Shuffle(alive);
        var wanted = alive.Where(member => Serves(member.State)).OrderBy(member => Rank(member.State));
        return wanted.FirstOrDefault() is { } chosen ? AddressOf(chosen) : null;
    }

    static (string Host, int Port) AddressOf(MemberInfo member) =>
        (member.HttpEndPoint.Address, (int)member.HttpEndPoint.Port);

    static bool Serves(VNodeState state) =>
        state is VNodeState.Leader or VNodeState.Follower or VNodeState.ReadOnlyReplica;

    /// <summary>The preferred first; the leader before the rest, since it serves everything.</summary>
    int Rank(VNodeState state) =>
        (settings.NodePreference, state) switch
        {
            (NodePreference.Random, _) => 0,
            (NodePreference.Leader, VNodeState.Leader) => 0,
            (NodePreference.Follower, VNodeState.Follower) => 0,
            (NodePreference.ReadOnlyReplica, VNodeState.ReadOnlyReplica) => 0,
            (_, VNodeState.Leader) => 1,
            _ => 2,
        };

    ClusterNode Open((string Host, int Port) at)
    {
        var host = at.Host.Contains(':', StringComparison.Ordinal) ? $"[{at.Host}]" : at.Host;
        return new(
            GrpcChannel.ForAddress(
                $"{(settings.Tls ? "https" : "http")}://{host}:{at.Port}",
                new()
                {
                    HttpHandler = handler,
                    DisposeHttpClient = false,
                    MaxReceiveMessageSize = MessageBytesMax,
                }
            )
        );
    }

    static SocketsHttpHandler Handler(ConnectionString settings)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = settings.GossipTimeout,
            KeepAlivePingDelay = settings.KeepAliveInterval,
            KeepAlivePingTimeout = settings.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        if (settings.UserCertFile is { } certificate)
            handler.SslOptions.ClientCertificates =
            [
                X509Certificate2.CreateFromPemFile(certificate, settings.UserKeyFile),
            ];
        if (settings.CaFile is { } file)
            handler.SslOptions.CertificateChainPolicy = Trusting(file);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) =>
            errors == SslPolicyErrors.None || !settings.VerifyCertificate;
        return handler;
    }

    static X509ChainPolicy Trusting(string file)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }

    public void Dispose()
    {
        current?.Dispose();
        handler.Dispose();
        finding.Dispose();
    }
}

/// <summary>One server, and the services that it has.</summary>
sealed class ClusterNode(GrpcChannel channel) : IDisposable
{
    readonly Lock gate = new();
    Task<bool>? offersBatches;
    AppendBatch? batch;

    public Streams.StreamsClient Streams { get; } = new(channel);

    public Gossip.GossipClient Gossip { get; } = new(channel);

    /// <summary>The call over which appends go; null where the server has none.</summary>
    /// <param name="open">Of the call, which stays open.</param>
    /// <param name="ask">Of the one before it, which asks what the server offers.</param>
    public async ValueTask<AppendBatch?> Batch(CallOptions open, CallOptions ask)
    {
        try
        {
            if (!await (offersBatches ??= OffersBatches(ask)))
                return null;
        }
        catch (RpcException)
        {
            offersBatches = null; // to be asked again
            throw;
        }
        lock (gate)
            return batch is { Ended: false } current ? current : batch = new(Streams, open);
    }

    async Task<bool> OffersBatches(CallOptions options)
    {
        try
        {
            var offered = await new ServerFeatures.ServerFeaturesClient(channel).GetSupportedMethodsAsync(
                new(),
                options
            );
            return offered.Methods.Any(method =>
                (method.ServiceName, method.MethodName) == ("event_store.client.streams.streams", "batchappend")
            );
        }
        catch (RpcException old) when (old.StatusCode == StatusCode.Unimplemented)
        {
            return false;
        }
    }

    public void Dispose()
    {
        batch?.Dispose();
        channel.Dispose();
    }
}
