using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>
/// Places that all processes share: <c>tbl_worker_position</c>. Who takes a lease over goes on where the other was. A
/// place never goes back, so one who has lost the lease and does not know it yet does no harm: what it notes, it has
/// handled.
/// </summary>
public sealed class MySqlPlaces(MySqlServer server) : ILogPlaces
{
    const string Select = "SELECT position FROM tbl_worker_position WHERE name = @name";

    const string Advance = """
        INSERT INTO tbl_worker_position (name, position) VALUES (@name, @position)
        ON DUPLICATE KEY UPDATE position = GREATEST(position, VALUES(position))
        """;

    public async ValueTask<Position> Find(string name, CancellationToken cancel)
    {
        await using var session = new SqlSession(await server.Connect(null, cancel));
        return new(await session.First(new(Select, name), row => row.GetInt64(0), cancel));
    }

    public async ValueTask Keep(string name, Position place, CancellationToken cancel)
    {
        await using var session = new SqlSession(await server.Connect(null, cancel));
        await session.Execute(new(Advance, name, place.Value), cancel);
    }
}
