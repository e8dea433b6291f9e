using System.Collections.Immutable;
using System.Diagnostics;
using MediatR;
using Varve.Domain;

namespace Varve.EventStores;

/// <summary>
/// The one handler of every command: load, decide, append at the expected revisions; a lost race is decided again.
/// Thread-safe.
/// </summary>
/// <param name="patience">How long a command may go on losing races before it is refused as OperationAborted.</param>
public sealed class CommandLoop(IEventStore store, AggregateStates states, TimeSpan patience)
    : IRequestHandler<Command, Outcome>
{
    readonly CommandTurns turns = new();

    public async Task<Outcome> Handle(Command request, CancellationToken cancellationToken)
    {
        using var span = Traces.Source.StartActivity("command");
        span?.SetTag("varve.command", KindOf(request)).SetTag("varve.stream", request.Stream);
        using var turn = await turns.Take(request.Stream, cancellationToken);
        var begun = Stopwatch.GetTimestamp();
        var freshness = Freshness.MayLag;
        do
        {
            // Asked again after a lost race: the same command may have won it.
            if (request.Context.Repeatable && await FirstAnswer(request, cancellationToken) is { } first)
                return first;
            var (outcome, settled) = await Attempt(request, freshness, cancellationToken);
            if (settled)
                return outcome;
            freshness = Freshness.Current;
        } while (Stopwatch.GetElapsedTime(begun) < patience);
        return Outcome.Refused(new(ErrorCode.OperationAborted, $"{request.Stream} is too busy; try again."));
    }

    /// <returns>Not settled: the states were behind the log, and the command is to be decided again.</returns>
    async ValueTask<(Outcome Outcome, bool Settled)> Attempt(
        Command command,
        Freshness freshness,
        CancellationToken cancel
    )
    {
        var steps = new List<LoadedStep>(4);
        foreach (var step in command.Steps())
        {
            var loaded = await states.Load(step, freshness, cancel);
            if (steps.Exists(s => s.Step.Stream == step.Stream && s.Revision != loaded.Revision))
                return (Outcome.Refused(new(ErrorCode.OperationAborted)), Settled: false); // it went on in between
            steps.Add(new(step, loaded.Revision));
            if (step.Decide(loaded.State) is { } rejection)
                return (Outcome.Refused(rejection), Settled: freshness == Freshness.Current);
        }

        var after = steps.ConvertAll(s => s.Step.CurrentState).ToImmutableArray();
        if (steps.TrueForAll(s => s.Step.Events.IsEmpty))
            return (new(Rejection: null, Position: null, after), Settled: freshness == Freshness.Current);

        using var span = Traces.Source.StartActivity("append");
        var result = await store.Append(Appends(command, steps), cancel);
        span?.SetTag("varve.position", result.Position?.Value);
        if (result.Conflict is not null)
            return (Outcome.Refused(new(ErrorCode.OperationAborted)), Settled: false);

        foreach (var (step, revision) in steps)
            if (!step.Events.IsEmpty)
                states.Keep(step.Stream, new(step.CurrentState, revision + step.Events.Length));
        return (new(Rejection: null, result.Position!.Value.Value, after), Settled: true);
    }

    static List<StreamAppend> Appends(Command command, List<LoadedStep> steps)
    {
        var context = command.Context;
        var metadata = new EventMetadata(
            context.At,
            context.By,
            context.Id,
            context.CorrelationId,
            Trace: Traces.Parent
        );
        var encoded = metadata.Encode();
        var number = 0;
        var appends = new List<StreamAppend>(steps.Count + 1);
        steps = steps.FindAll(s => !IsReadAhead(s.Step, steps));
        foreach (var (step, revision) in steps.Where(s => !s.Step.Closing))
            appends.Add(AppendOf(step.Stream, revision, step.Events));
        foreach (var (step, revision) in steps.Where(s => s.Step.Closing))
            appends.Add(AppendOf(step.Stream, revision, step.Events));
        if (context.Repeatable)
            appends.Add(AppendOf(CommandHandled.StreamOf(context.Id), -1, [Handled(command, steps)]));
        return appends;

        StreamAppend AppendOf(string stream, long revision, ImmutableArray<object> events) =>
            new(stream, new(revision), [.. events.Select(Encoded)]);

        NewEvent Encoded(object @event)
        {
            var row = EventCatalog.RowOf(@event);
            var id = NameBasedId.Of(context.Id, $"{number++}");
            var beside = row.Version == metadata.Version ? encoded : (metadata with { Version = row.Version }).Encode();
            return new(id, row.Name, row.Encode(@event), beside, @event);
        }
    }

    /// <summary>Whether a later step on the same stream says all that there is to append to it, or to expect of it.
    /// </summary>
    static bool IsReadAhead(Step step, List<LoadedStep> steps) =>
        step.Events.IsEmpty && steps.FindLast(s => s.Step.Stream == step.Stream).Step != step;

    static CommandHandled Handled(Command command, List<LoadedStep> steps) =>
        new(
            KindOf(command),
            command.Stream,
            [.. steps.Select(s => new StreamPlace(s.Step.Stream, s.Revision + s.Step.Events.Length))]
        );

    /// <summary>The answer that a command of this id was given before; null if there was none.</summary>
    async ValueTask<Outcome?> FirstAnswer(Command command, CancellationToken cancel)
    {
        var stream = CommandHandled.StreamOf(command.Context.Id);
        await foreach (var recorded in store.ReadStream(stream, Direction.Forwards, 0, 1, cancel))
        {
            var handled = (CommandHandled)recorded.Decoded();
            if ((handled.Kind, handled.About) != (KindOf(command), command.Stream))
                return Outcome.Refused(new(ErrorCode.IdempotencyKeyReused, $"It stands for {handled.Kind}."));
            return new(Rejection: null, recorded.Position.Value, await StatesAt(handled.States, cancel));
        }
        return null;
    }

    async ValueTask<ImmutableArray<object>> StatesAt(ImmutableArray<StreamPlace> places, CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<object>(places.Length);
        foreach (var (stream, revision) in places)
        {
            var aggregate = Aggregates.Of(stream);
            var from = aggregate.Reads == Fold.LastEvent ? Math.Max(revision, 0) : 0;
            var state = aggregate.Initial;
            await foreach (
                var recorded in store.ReadStream(stream, Direction.Forwards, from, revision - from + 1, cancel)
            )
                state = aggregate.Evolve(state, recorded.Decoded());
            found.Add(state);
        }
        return found.MoveToImmutable();
    }

    static string KindOf(Command command) => command.GetType().Name;

    readonly record struct LoadedStep(Step Step, long Revision);
}
