using System.Collections.Immutable;
using System.Diagnostics;

namespace Varve.Domain.Projections;

/// <summary>What a projection leaves out: a rebuild must leave out the same.</summary>
public sealed record ProjectionSkips(ImmutableHashSet<EventPlace> Events)
{
    public const string StreamPrefix = "projection-";

    public static readonly Decider<ProjectionSkips, ProjectionCommand, ProjectionEvent> Decider = new(
        new ProjectionSkips([]),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    public static string StreamOf(string projection) => $"{StreamPrefix}{projection}";

    static Decision<ProjectionEvent> Decide(ProjectionSkips skips, ProjectionCommand command) =>
        command switch
        {
            ProjectionCommand.Skip c when skips.Events.Contains(c.Event) => new NoChange(),
            ProjectionCommand.Skip c => new ProjectionEvent.EventSkipped(
                c.Event.Stream,
                c.Event.Revision,
                c.Position,
                c.Type,
                c.Why,
                c.Context.At
            ),
            _ => throw new UnreachableException(),
        };

    static ProjectionSkips Evolve(ProjectionSkips skips, ProjectionEvent @event) =>
        @event switch
        {
            ProjectionEvent.EventSkipped e => new(skips.Events.Add(new(e.Stream, e.Revision))),
            _ => throw new UnreachableException(),
        };
}
