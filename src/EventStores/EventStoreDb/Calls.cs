using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Varve.EventStores.EventStoreDb;

/// <summary>
/// Makes calls, and makes those again that got no answer: on another node if the first is gone or does not lead, with
/// growing pauses, for a while. Thread-safe.
/// </summary>
sealed class Calls(Cluster cluster, TimeProvider time, ILogger logger)
{
    /// <summary>How long a call is tried again.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    static readonly TimeSpan PauseLeast = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan PauseMost = TimeSpan.FromSeconds(2);

    /// <param name="call">Is safe to make again after no answer.</param>
    /// <exception cref="EventStoreUnavailableException">There was no answer, or the server refuses us.</exception>
    public async Task<T> Make<T>(Func<ClusterNode, Task<T>> call, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        for (var pause = PauseLeast; ; pause = Longer(pause))
        {
            var node = await cluster.Find(cancel);
            try
            {
                return await call(node);
            }
            catch (Exception fault) when (IsCut(fault))
            {
                Leave(node, fault, cancel);
                if (time.GetElapsedTime(begun) + pause > Patience)
                    throw new EventStoreUnavailableException($"EventStoreDB gives no answer: {Said(fault)}", fault);
            }
            await Pause(pause, cancel);
        }
    }

    /// <summary>After a fault: returns if trying again may help, on another node perhaps.</summary>
    /// <exception cref="EventStoreUnavailableException">It can't help.</exception>
    public void Leave(ClusterNode node, Exception fault, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var rpc = fault as RpcException;
        switch (rpc?.StatusCode)
        {
            case StatusCode.Unauthenticated or StatusCode.PermissionDenied:
                throw new EventStoreUnavailableException(
                    $"EventStoreDB does not let Varve in ({Said(fault)}): check user and password of "
                        + "Varve:EventStore, and what they may do.",
                    fault,
                    mayPass: false
                );
            case StatusCode.NotFound when Exception(rpc) == "not-leader":
                cluster.Leave(node, LeaderOf(rpc));
                break;
            case null // the call was cut
            or StatusCode.Unavailable
            or StatusCode.Cancelled
            or StatusCode.DeadlineExceeded
            or StatusCode.Aborted
            or StatusCode.Internal
            or StatusCode.ResourceExhausted:
                cluster.Leave(node, leader: null);
                break;
            default:
                throw new EventStoreUnavailableException(
                    $"EventStoreDB refused a call: {Said(fault)}",
                    fault,
                    mayPass: false
                );
        }
        logger.CallFailed(Said(fault));
    }

    /// <summary>Whether a call was cut or refused, and <see cref="Leave"/> is to judge it.</summary>
    public static bool IsCut(Exception fault) =>
        fault
            is RpcException
                or OperationCanceledException
                or ObjectDisposedException // another caller has just left the node
                or (IOException and not EventStoreUnavailableException);

    public Task Pause(TimeSpan pause, CancellationToken cancel) =>
        Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), time, cancel);

    public static TimeSpan FirstPause => PauseLeast;

    public static TimeSpan Longer(TimeSpan pause) => pause * 2 < PauseMost ? pause * 2 : PauseMost;

    /// <summary>What the trailer of this name says; null if the error is none of EventStoreDB's own.</summary>
    public static string? Exception(RpcException fault) => fault.Trailers.GetValue("exception");

    static (string Host, int Port)? LeaderOf(RpcException fault) =>
        fault.Trailers.GetValue("leader-endpoint-host") is { } host
        && int.TryParse(
            fault.Trailers.GetValue("leader-endpoint-port"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var port
        )
            ? (host, port)
            : null;

    static string Said(Exception fault) =>
        fault is RpcException rpc ? $"{rpc.StatusCode} {rpc.Status.Detail}" : fault.Message;
}
