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
                    return TypedResults.Json(state, statusCode: state.Ready ? 200 : 503);
                }
            )
            .ExcludeFromDescription();
    }

    static async ValueTask<Readiness> StateOf(Engine engine, CancellationToken cancel)
    {
        var reached = engine.Backend.Barrier.Reached;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            var head = await engine.Backend.Events.Head(limit.Token);
            var fault = engine.Fault;
            return new(fault is null, head.Value, reached.Value, fault);
        }
        catch (Exception silent)
            when (silent is EventStoreUnavailableException or OperationCanceledException
                && !cancel.IsCancellationRequested
            )
        {
            return new(Ready: false, reached.Value, reached.Value, "The event store gives no answer.");
        }
    }

    /// <param name="Head">The log's last position.</param>
    /// <param name="Reached">How far the read models are.</param>
    /// <param name="Fault">What is wrong, if something is.</param>
    public sealed record Readiness(bool Ready, long Head, long Reached, string? Fault);
}
