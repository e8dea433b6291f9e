using System.Collections.Immutable;

namespace Varve.Domain;

/// <summary>The pure core of one aggregate. No I/O, no clock, no randomness: those arrive in the command.</summary>
/// <param name="Initial">The state of a stream without events.</param>
/// <param name="Reads">How much of a stream has to be read to know its state.</param>
public sealed record Decider<TState, TCommand, TEvent>(
    TState Initial,
    Func<TState, TCommand, Decision<TEvent>> Decide,
    Func<TState, TEvent, TState> Evolve,
    Fold Reads
)
    where TState : class
    where TEvent : class;

/// <summary>How much of a stream has to be read to know its state.</summary>
public enum Fold
{
    /// <summary>Every event, from the first.</summary>
    WholeStream,

    /// <summary>The last event alone: each event of the stream carries the whole state.</summary>
    LastEvent,
}

/// <summary>What was decided: some events, nothing (all is already as asked), or a refusal.</summary>
public readonly record struct Decision<TEvent>(ImmutableArray<TEvent> Events, Rejection? Rejection)
    where TEvent : class
{
    public static implicit operator Decision<TEvent>(TEvent @event) => new([@event], null);

    public static implicit operator Decision<TEvent>(NoChange _) => new([], null);

    public static implicit operator Decision<TEvent>(ErrorCode code) => new([], new Rejection(code));

    public static implicit operator Decision<TEvent>(Rejection rejection) => new([], rejection);
}

/// <summary>All is already as the command asks.</summary>
public readonly record struct NoChange;
