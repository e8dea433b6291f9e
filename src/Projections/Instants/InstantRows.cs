using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Instants;

/// <summary>Which position stands for which time. Table: <c>sql/sqlite/instants.sql</c>.</summary>
public sealed class InstantRows : IProjection
{
    const string Insert = "INSERT INTO tbl_instant (time, position) VALUES (@time, @position)";
    const string SelectLast = "SELECT COALESCE(MAX(time), -1) FROM tbl_instant";
    const string SelectAfter = "SELECT position FROM tbl_instant WHERE time > @time ORDER BY time LIMIT 1";

    long last = -1;

    public string Name => "instants.v1";

    public IReadOnlyList<string> StreamPrefixes { get; } = ["bucket-", "object-"];

    public async ValueTask Remember(SqlSession session, CancellationToken cancel) =>
        last = await session.First(new(SelectLast), row => row.GetInt64(0), cancel);

    public IReadOnlyList<Statement> Project(Fact fact)
    {
        if (TimeOf(fact.Event) is not { } at || MillisecondOf(at) is var time && time <= last)
            return [];
        last = time;
        return [new(Insert, time, fact.Position)];
    }

    /// <summary>The position before the log went beyond an instant; the present, if it has not.</summary>
    /// <param name="instant">Its whole millisecond is within.</param>
    internal static async ValueTask<Position> PositionAt(
        SqlSession session,
        DateTimeOffset instant,
        CancellationToken cancel
    )
    {
        var beyond = await session.First(new(SelectAfter, MillisecondOf(instant)), row => row.GetInt64(0), cancel);
        return beyond > 0 ? new Position(beyond - 1) : ReadModels.Present;
    }

    static long MillisecondOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerMillisecond;

    /// <summary>The command's time, as the event has it. Only what changes the past that can be asked for.</summary>
    static DateTimeOffset? TimeOf(object @event) =>
        @event switch
        {
            ObjectEvent.Put e => e.At,
            ObjectEvent.Deleted e => e.At,
            BucketEvent.Created e => e.At,
            BucketEvent.Deleted e => e.At,
            _ => null,
        };
}
