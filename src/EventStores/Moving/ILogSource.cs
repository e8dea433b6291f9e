using System.Runtime.CompilerServices;

namespace Varve.EventStores.Moving;

/// <summary>A log to copy from: another store, or a file of lines.</summary>
public interface ILogSource
{
    /// <summary>Position of the last event; <see cref="Position.Start"/> if there is none, or nobody knows.</summary>
    ValueTask<Position> Head(CancellationToken cancel);

    /// <summary>Events behind a position, in order.</summary>
    IAsyncEnumerable<RecordedEvent> After(Position position, CancellationToken cancel);

    /// <summary>One event; null if it is not there.</summary>
    ValueTask<RecordedEvent?> Find(string stream, long revision, CancellationToken cancel);
}

/// <summary>A store to copy from.</summary>
public sealed class StoredLog(IEventLog log) : ILogSource
{
    public ValueTask<Position> Head(CancellationToken cancel) => log.Head(cancel);

    public async IAsyncEnumerable<RecordedEvent> After(
        Position position,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        // A read begins at an event: the one that was the last, which is passed over.
        await foreach (var recorded in log.ReadAll(Direction.Forwards, position, long.MaxValue, cancel))
            if (recorded.Position > position)
                yield return recorded;
    }

    public async ValueTask<RecordedEvent?> Find(string stream, long revision, CancellationToken cancel)
    {
        await foreach (var found in log.ReadStream(stream, Direction.Forwards, revision, 1, cancel))
            return found;
        return null;
    }
}
