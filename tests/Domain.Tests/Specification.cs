using System.Collections.Immutable;

namespace Varve.Domain.Tests;

/// <summary>Given events, when a command, then events: the shape of every domain test.</summary>
static class Specification
{
    public static Given<TState, TCommand, TEvent> Given<TState, TCommand, TEvent>(
        this Decider<TState, TCommand, TEvent> decider,
        params TEvent[] events
    )
        where TState : class
        where TEvent : class => new(decider, [.. events]);
}

sealed record Given<TState, TCommand, TEvent>(Decider<TState, TCommand, TEvent> Decider, ImmutableArray<TEvent> Events)
    where TState : class
    where TEvent : class
{
    public TState State => Events.Aggregate(Decider.Initial, Decider.Evolve);

    public Then<TEvent> When(TCommand command)
    {
        var decision = Decider.Decide(State, command);
        if (decision.Rejection is null)
        {
            var after = decision.Events.Aggregate(State, Decider.Evolve);
            Assert.NotNull(after);
        }
        return new(decision);
    }
}

sealed record Then<TEvent>(Decision<TEvent> Decision)
    where TEvent : class
{
    void Is(params TEvent[] events)
    {
        Assert.Null(Decision.Rejection);
        Assert.Equal(events, Decision.Events);
    }

    public void ThenEvents(params TEvent[] events) => Is(events);

    public void ThenNothing() => Is();

    public void ThenRefused(ErrorCode code) => Assert.Equal(code, Decision.Rejection?.Code);
}
