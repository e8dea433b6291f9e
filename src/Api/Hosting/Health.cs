using System.Text.Json;
using Varve.EventStores;

namespace Varve.Api.Hosting;

/// <summary>Whether the process lives, and whether it should be sent requests.</summary>
static class Health
{
    /// <summary>Who asks does not wait longer.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static void MapHealth(this IEndpointRouteBuilder routes, Func<Engine> engine)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok")).ExcludeFromDescription();
        routes
            .MapGet(
                "/readyz",
                async (CancellationToken cancel) =>
                {
                    var state = await StateOf(engine(), cancel);
                    return TypedResults.Json(state, JsonSerializerOptions.Web, statusCode: state.Ready ? 200 : 503);
                }
            )
            .ExcludeFromDescription();
    }

    static async ValueTask<Readiness> StateOf(Engine engine, CancellationToken cancel)
    {
        var read = engine.Read;
        var reached = read.Barrier.Reached.Value;
        IReadOnlyList<string> stopped = [.. read.Barrier.Stopped.Select(one => $"{one}")];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            var head = await engine.Backend.Events.Head(limit.Token);
            var fault = read.Fault ?? read.Unreachable;
            return new(fault is null, head.Value, reached, fault ?? read.Trouble, stopped, read.Projector);
        }
        catch (Exception silent)
            when (silent is EventStoreUnavailableException or OperationCanceledException
                && !cancel.IsCancellationRequested
            )
        {
            return new(Ready: false, reached, reached, "The event store gives no answer.", stopped, read.Projector);
        }
    }

    /// <param name="Head">The log's last position.</param>
    /// <param name="Reached">How far the read models are.</param>
    /// <param name="Fault">What is wrong, if something is.</param>
    /// <param name="Stopped">Projections that met an event which they can't take. The rest is served.</param>
    /// <param name="Projector"><c>active</c>, or <c>standby</c> where another process is; null in a process that is
    /// none.</param>
    public sealed record Readiness(
        bool Ready,
        long Head,
        long Reached,
        string? Fault,
        IReadOnlyList<string> Stopped,
        string? Projector = null
    );
}
