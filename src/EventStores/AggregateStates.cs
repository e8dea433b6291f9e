using BitFaster.Caching.Lru;
using Varve.Domain;
using Varve.Domain.Uploads;

namespace Varve.EventStores;

/// <summary>
/// The states of aggregates, folded from the log and kept for a while. A kept state may be behind the log when another
/// process writes too: appends find that out by their expected revision. Thread-safe.
/// </summary>
public sealed class AggregateStates(IEventStore store, int capacity)
{
    readonly ConcurrentLru<string, StateAt> kept = new(
        Environment.ProcessorCount,
        Math.Max(capacity, 3),
        StringComparer.Ordinal
    );

    /// <summary>The state of one aggregate, as of its last event in the log.</summary>
    public async ValueTask<TState> Read<TState, TCommand, TEvent>(
        Decider<TState, TCommand, TEvent> decider,
        string stream,
        CancellationToken cancel
    )
        where TState : class
        where TEvent : class
    {
        // A step without a command: only loading and folding are asked of it.
        var step = new Step<TState, TCommand?, TEvent>(
            new(decider.Initial, static (_, _) => new NoChange(), decider.Evolve, decider.Reads),
            stream,
            default
        );
        return (TState)(await Load(step, Freshness.Current, cancel)).State;
    }

    internal async ValueTask<StateAt> Load(Step step, Freshness freshness, CancellationToken cancel)
    {
        // A stream can be folded in more than one way: of what is kept, only the same way is of use.
        if (kept.TryGet(step.Stream, out var known) && known.State.GetType() != step.InitialState.GetType())
            known = null;
        if (known is not null && freshness == Freshness.MayLag)
            return known;
        return await CatchUp(step, known ?? new StateAt(step.InitialState, -1), cancel);
    }

    async ValueTask<StateAt> CatchUp(Step step, StateAt from, CancellationToken cancel)
    {
        var (state, revision) = from;
        var events =
            step.Reads == Fold.LastEvent
                ? store.ReadStream(step.Stream, Direction.Backwards, long.MaxValue, 1, cancel)
                : store.ReadStream(step.Stream, Direction.Forwards, revision + 1, long.MaxValue, cancel);
        await foreach (var recorded in events)
            if (recorded.Revision > revision)
                (state, revision) = (step.Evolve(state, recorded.Decoded()), recorded.Revision);
        var loaded = new StateAt(state, revision);
        Keep(step.Stream, loaded);
        return loaded;
    }

    /// <summary>An upload that ended is hardly asked for again, and may be 10,000 parts large.</summary>
    internal void Keep(string stream, StateAt state)
    {
        if (state.State is Upload { Status: not (UploadStatus.None or UploadStatus.Open) })
            kept.TryRemove(stream);
        else
            kept.AddOrUpdate(stream, state);
    }
}

/// <param name="Revision">Of the last event that is in the state; −1 for none.</param>
sealed record StateAt(object State, long Revision);

enum Freshness
{
    /// <summary>What is kept will do: the append's expected revision finds out if it is too old.</summary>
    MayLag,

    /// <summary>Read what the log has beyond what is kept: for answers that no append will check.</summary>
    Current,
}
