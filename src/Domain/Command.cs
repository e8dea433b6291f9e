using System.Collections.Immutable;
using MediatR;

namespace Varve.Domain;

/// <summary>
/// A request to change something. Bodies are not in it: they are on stable storage before, and the command names them.
/// </summary>
/// <param name="Context">Who asks, when, and under which id.</param>
public abstract record Command(CommandContext Context) : IRequest<Outcome>
{
    /// <summary>The stream that the command is about: commands on one stream take turns.</summary>
    public abstract string Stream { get; }

    /// <summary>
    /// What the command asks of each aggregate. Each step is loaded and decided before the next is asked for, so that a
    /// step may depend on an earlier one. All are appended together, in their order, the closing ones last.
    /// </summary>
    public abstract IEnumerable<Step> Steps();
}

/// <param name="Id">Event ids and version ids derive from it: the same command twice writes the same events.</param>
/// <param name="By">The acting user.</param>
/// <param name="At">UTC, from the clock at the edge.</param>
/// <param name="Repeatable">True if the client chose the id (<c>Idempotency-Key</c>, a client token): then the command
/// is remembered for as long as the log is kept, and a second one gets the first one's answer.</param>
/// <param name="CorrelationId">Ties together what one request caused; the trace id.</param>
public sealed record CommandContext(
    Guid Id,
    string By,
    DateTimeOffset At,
    bool Repeatable = false,
    string? CorrelationId = null
);

/// <summary>One aggregate's share of a command: loaded, decided and evolved by the command loop.</summary>
public abstract class Step(string stream)
{
    public string Stream { get; } = stream;

    /// <summary>
    /// Appended after all other steps, because it ends what they carry on (the old name of a rename, an upload that
    /// became an object): where an append can be cut in between, nothing is lost by then.
    /// </summary>
    public bool Closing { get; init; }

    public abstract Fold Reads { get; }

    /// <summary>The state before the step is decided: the initial one; afterwards: what the decision left.</summary>
    public abstract object CurrentState { get; }

    /// <summary>What the step wants written; empty before it is decided, or if nothing changes.</summary>
    public abstract ImmutableArray<object> Events { get; }

    public abstract object InitialState { get; }

    public abstract object Evolve(object state, object @event);

    /// <summary>Decides on a loaded state.</summary>
    /// <returns>The refusal, if it is one.</returns>
    public abstract Rejection? Decide(object loaded);

    public static Step<TState, TCommand, TEvent> On<TState, TCommand, TEvent>(
        Decider<TState, TCommand, TEvent> decider,
        string stream,
        TCommand command,
        bool closing = false
    )
        where TState : class
        where TEvent : class => new(decider, stream, command) { Closing = closing };
}

/// <inheritdoc/>
public sealed class Step<TState, TCommand, TEvent>(
    Decider<TState, TCommand, TEvent> decider,
    string stream,
    TCommand command
) : Step(stream)
    where TState : class
    where TEvent : class
{
    ImmutableArray<object> events = [];

    /// <summary>The state that the decision was made on.</summary>
    public TState Before { get; private set; } = decider.Initial;

    /// <summary>The state that the decision left.</summary>
    public TState State { get; private set; } = decider.Initial;

    public override Fold Reads => decider.Reads;

    public override object CurrentState => State;

    public override object InitialState => decider.Initial;

    public override ImmutableArray<object> Events => events;

    public override object Evolve(object state, object @event) => decider.Evolve((TState)state, (TEvent)@event);

    public override Rejection? Decide(object loaded)
    {
        Before = (TState)loaded;
        var decision = decider.Decide(Before, command);
        State = decision.Events.Aggregate(Before, decider.Evolve);
        events = ImmutableArray<object>.CastUp(decision.Events);
        return decision.Rejection;
    }
}

/// <summary>What became of a command.</summary>
/// <param name="Rejection">Why it was refused; then nothing has changed. Null if it was done.</param>
/// <param name="Position">Of the last event written; null if there was nothing to change.</param>
/// <param name="States">The aggregates' states afterwards, in the order of the steps.</param>
public sealed record Outcome(Rejection? Rejection, long? Position, ImmutableArray<object> States)
{
    /// <summary>The state afterwards of the first step on an aggregate of this kind.</summary>
    /// <exception cref="RejectedException">The command was refused.</exception>
    public TState State<TState>()
        where TState : class =>
        Rejection is null ? States.OfType<TState>().First() : throw new RejectedException(Rejection);

    public static Outcome Refused(Rejection rejection) => new(rejection, null, []);
}
