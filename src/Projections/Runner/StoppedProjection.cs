using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>A projection that met an event which it can't take, and stands before it; the others go on.</summary>
/// <param name="Projection">Its name without a version, such as <c>objects</c>.</param>
/// <param name="Reason">What was thrown.</param>
public sealed record StoppedProjection(
    string Projection,
    Position Position,
    string Stream,
    long Revision,
    string Type,
    string Reason
)
{
    const string Select = "SELECT projection, position, stream, revision, type, reason FROM tbl_stopped";

    /// <param name="session">Of the read models.</param>
    public static async ValueTask<List<StoppedProjection>> Read(SqlSession session, CancellationToken cancel) =>
        await session.All(
            new(Select),
            row => new StoppedProjection(
                row.GetString(0),
                new(row.GetInt64(1)),
                row.ReadUtf8(2),
                row.GetInt64(3),
                row.GetString(4),
                row.GetString(5)
            ),
            cancel
        );

    public override string ToString() =>
        $"{Projection} stopped at position {Position}: {Type} of stream {Stream}, revision {Revision}: {Reason}";
}
