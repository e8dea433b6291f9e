using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Node;

/// <summary>What somebody may do with the log.</summary>
public enum NodeRight
{
    None,

    /// <summary>Read every event.</summary>
    Read,

    /// <summary>Append, delete, and set metadata as well: Varve's own processes.</summary>
    Write,
}

/// <summary>Asks everybody who they are, by Basic credentials.</summary>
/// <param name="judge">Null where anybody may do anything.</param>
sealed class NodeAccess(NodeJudge? judge) : Interceptor
{
    const string Right = "varve.right";

    public static bool MayWrite(ServerCallContext context) => context.UserState[Right] is NodeRight.Write;

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        if (request is not Empty) // what the server can do, and where it is, clients ask before they say who they are
            await Admit(context, mustWrite: request is DeleteReq or TombstoneReq);
        return await Answering(() => continuation(request, context));
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        await Admit(context, mustWrite: true);
        return await Answering(() => continuation(requestStream, context));
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        await Admit(context, mustWrite: false);
        await Answering(async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        await Admit(context, mustWrite: false); // each append of the batch is refused by itself
        await continuation(requestStream, responseStream, context);
    }

    async ValueTask Admit(ServerCallContext context, bool mustWrite)
    {
        var right = judge is null ? NodeRight.Write : await RightOf(judge, context);
        if (right == NodeRight.None)
            throw NodeErrors.Unauthenticated();
        if (mustWrite && right != NodeRight.Write)
            throw NodeErrors.AccessDenied();
        context.UserState[Right] = right;
    }

    static async ValueTask<NodeRight> RightOf(NodeJudge judge, ServerCallContext context)
    {
        var header = context.RequestHeaders.GetValue("authorization");
        if (!AuthenticationHeaderValue.TryParse(header, out var given) || given.Scheme != "Basic")
            return NodeRight.None;
        var bytes = new byte[given.Parameter?.Length ?? 0];
        if (!Convert.TryFromBase64String(given.Parameter ?? "", bytes, out var length))
            return NodeRight.None;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0
            ? NodeRight.None
            : await judge(text[..colon], text[(colon + 1)..], context.Peer, context.CancellationToken);
    }

    /// <summary>A log that gives no answer is a server that is not ready.</summary>
    static async Task<T> Answering<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (fault is EventStoreUnavailableException or ObjectDisposedException)
        {
            throw NodeErrors.NotReady();
        }
    }
}

/// <param name="peer">Where the call comes from, as gRPC writes it.</param>
public delegate ValueTask<NodeRight> NodeJudge(string user, string password, string peer, CancellationToken cancel);
