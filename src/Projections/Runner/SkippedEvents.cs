using System.Text.Json;
using Varve.Domain;
using Varve.Domain.Projections;
using Varve.EventStores;

namespace Varve.Projections.Runner;

/// <summary>What each projection leaves out, as the log has it, wherever in the log that was said: so a rebuild leaves
/// out what the live one does. Not thread-safe.</summary>
sealed class SkippedEvents
{
    readonly HashSet<(string Projection, EventPlace Event)> all = [];

    public static async ValueTask<SkippedEvents> Read(
        IEventLog log,
        IReadOnlyList<IProjection> projections,
        CancellationToken cancel
    )
    {
        var skipped = new SkippedEvents();
        foreach (var projection in projections)
        {
            var stream = ProjectionSkips.StreamOf(projection.Subject);
            await foreach (var recorded in log.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, cancel))
                skipped.Take(recorded);
        }
        return skipped;
    }

    public bool Contains(string projection, string stream, long revision) =>
        all.Count > 0 && all.Contains((projection, new(stream, revision)));

    /// <summary>Takes note of an event, if it is one that says such a thing. What can't be read skips nothing: then the
    /// projection stays where it stopped.</summary>
    public void Take(RecordedEvent recorded)
    {
        if (!recorded.Stream.StartsWith(ProjectionSkips.StreamPrefix, StringComparison.Ordinal))
            return;
        try
        {
            if (recorded.Decoded() is ProjectionEvent.EventSkipped e)
                all.Add((recorded.Stream[ProjectionSkips.StreamPrefix.Length..], new(e.Stream, e.Revision)));
        }
        catch (Exception fault) when (fault is UnknownEventException or JsonException)
        {
            return;
        }
    }
}
