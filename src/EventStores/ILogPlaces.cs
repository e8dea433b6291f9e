namespace Varve.EventStores;

/// <summary>
/// How far followers of the log have come, by their names, so that they go on from there after a restart, or in another
/// process. Losing a place only makes its follower look again. Thread-safe.
/// </summary>
public interface ILogPlaces
{
    /// <returns><see cref="Position.Start"/> if none was kept.</returns>
    ValueTask<Position> Find(string name, CancellationToken cancel);

    /// <summary>Notes that a follower has handled everything up to a place.</summary>
    ValueTask Keep(string name, Position place, CancellationToken cancel);
}
