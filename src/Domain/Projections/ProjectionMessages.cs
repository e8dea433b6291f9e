namespace Varve.Domain.Projections;

/// <summary>An event's place that no other store gives another event: positions differ from store to store.</summary>
public readonly record struct EventPlace(string Stream, long Revision);

public abstract record ProjectionCommand(CommandContext Context, string Projection) : Command(Context)
{
    public sealed override string Stream => ProjectionSkips.StreamOf(Projection);

    public override IEnumerable<Step> Steps() => [Step.On(ProjectionSkips.Decider, Stream, this)];

    /// <summary>Leave out an event that the projection can't take, for ever.</summary>
    /// <param name="Position">Of the event, for people.</param>
    /// <param name="Why">1 … 1,024 characters.</param>
    public sealed record Skip(
        CommandContext Context,
        string Projection,
        EventPlace Event,
        long Position,
        string Type,
        string Why
    ) : ProjectionCommand(Context, Projection);
}

/// <summary>Stored for ever. A field's meaning never changes; see <see cref="EventCatalog"/> for names.</summary>
public abstract record ProjectionEvent
{
    ProjectionEvent() { }

    /// <param name="Stream">With <paramref name="Revision"/>: which event.</param>
    /// <param name="Position">Where it was in the log that this was written to.</param>
    /// <param name="Why">In the words of who decided it; who that was is in the metadata.</param>
    public sealed record EventSkipped(
        string Stream,
        long Revision,
        long Position,
        string Type,
        string Why,
        DateTimeOffset At
    ) : ProjectionEvent;
}
