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
        var looking = Task.WhenAll(engine.Tiers.Select(tier => tier.Look(Patience, cancel)));
        var head = await HeadOf(engine, cancel);
        var tiers = await looking;
        var reached = read.Barrier.Reached.Value;
        var blocking =
            (head is null ? "The event store gives no answer." : null)
            ?? read.Fault
            ?? read.Unreachable
            ?? engine.Storage.Missed(tiers);
        return new(
            blocking is null,
            head ?? reached,
            reached,
            blocking ?? read.Trouble,
            [.. read.Barrier.Stopped.Select(one => $"{one}")],
            read.Projector
        )
        {
            Tiers = tiers,
        };
    }

    /// <returns>Null where the event store gives no answer.</returns>
    static async ValueTask<long?> HeadOf(Engine engine, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return (await engine.Backend.Events.Head(limit.Token)).Value;
        }
        catch (Exception silent)
            when (silent is EventStoreUnavailableException or OperationCanceledException
                && !cancel.IsCancellationRequested
            )
        {
            return null;
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
    )
    {
        /// <summary>The S3 servers that have contents. One that only copies go to may be out of reach.</summary>
        public IReadOnlyList<TierState> Tiers { get; init; } = [];
    }
}
