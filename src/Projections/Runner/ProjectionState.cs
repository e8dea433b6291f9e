using System.Text.Json.Serialization;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>How a projection is.</summary>
/// <param name="Generation">Number of the read models' generation that it is in.</param>
/// <param name="Position">It has every event before or at it; but not that one, if it has stopped there.</param>
/// <param name="LagEvents">Positions of the log that it lacks.</param>
/// <param name="LagSeconds">Age of the first event that it lacks.</param>
public sealed record ProjectionState(
    string Name,
    int Generation,
    long Position,
    long LagEvents,
    double LagSeconds,
    Following State,
    StoppedAt? Stopped
)
{
    /// <param name="session">Of the read models.</param>
    /// <param name="following">Of those that have not stopped.</param>
    public static async Task<IReadOnlyList<ProjectionState>> Of(
        SqlSession session,
        IEventLog log,
        int generation,
        Following following,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        var head = await log.Head(cancel);
        var reached = await Projector.ReadCheckpoint(session, cancel);
        var lag = await SecondsSince(log, reached, e => e.Position > reached, clock, cancel);
        var stopped = await StoppedProjection.Read(session, cancel);
        var states = new List<ProjectionState>();
        foreach (var projection in ReadModelProjections.All())
            if (stopped.Find(one => one.Projection == projection.Subject) is { } stop)
                states.Add(
                    new(
                        projection.Name,
                        generation,
                        stop.Position.Value,
                        head.Value - stop.Position.Value + 1,
                        await SecondsSince(log, stop.Position, _ => true, clock, cancel),
                        Following.Stopped,
                        new(stop.Position.Value, stop.Stream, stop.Revision, stop.Type, stop.Reason)
                    )
                );
            else
                states.Add(
                    new(
                        projection.Name,
                        generation,
                        reached.Value,
                        Math.Max(0, head.Value - reached.Value),
                        lag,
                        following,
                        Stopped: null
                    )
                );
        return states;
    }

    /// <param name="from">Where there is an event, or the start.</param>
    static async ValueTask<double> SecondsSince(
        IEventLog log,
        Position from,
        Func<RecordedEvent, bool> lacks,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        await foreach (var recorded in log.ReadAll(Direction.Forwards, from, 2, cancel))
            if (lacks(recorded))
                return Math.Max(0, Math.Round((clock.GetUtcNow() - recorded.Created).TotalSeconds, 1));
        return 0;
    }
}

/// <summary>The event that a projection can't take.</summary>
public sealed record StoppedAt(long Position, string Stream, long Revision, string Type, string Reason);

/// <summary>Whether a projection follows the log.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Following>))]
public enum Following
{
    [JsonStringEnumMemberName("running")]
    Log,

    /// <summary>It follows, and another generation is being built beside it.</summary>
    [JsonStringEnumMemberName("rebuilding")]
    LogWhileRebuilt,

    /// <summary>A fault that passes is waited for, such as a full disk.</summary>
    [JsonStringEnumMemberName("waiting")]
    Nothing,

    /// <summary>It met an event which it can't take.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>No server runs.</summary>
    [JsonStringEnumMemberName("idle")]
    NoServer,
}
