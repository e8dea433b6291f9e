using Varve.Projections.Runner;

namespace Varve.Workers.Notifications;

/// <summary>How far a destination is, as the process that tells it knows.</summary>
/// <param name="Position">All events up to here were told, or are none of its business.</param>
/// <param name="StuckSeconds">Since the oldest of what it refuses was refused first; 0 where it refuses nothing.
/// </param>
/// <param name="Refused">Events that it has not taken, and is asked to take again and again.</param>
public sealed record DestinationState(
    string Destination,
    long Position,
    double StuckSeconds,
    IReadOnlyList<StoppedAt> Refused
)
{
    /// <summary>What a decision to leave something out is about.</summary>
    public IEnumerable<StoppedProjection> Stopped() =>
        Refused.Select(at => new StoppedProjection(
            SubjectOf(Destination),
            new(at.Position),
            at.Stream,
            at.Revision,
            at.Type,
            at.Reason
        ));

    /// <summary>Under which its place is kept, and the log says what it leaves out.</summary>
    public static string SubjectOf(string destination) => $"notifications-{destination.Replace(':', '-')}";
}
