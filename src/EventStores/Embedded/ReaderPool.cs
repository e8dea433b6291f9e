using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Varve.EventStores.Embedded;

/// <summary>Connections that read: as many as read at one instant, since each is held for a page only.
/// Thread-safe.</summary>
sealed class ReaderPool(string path) : IDisposable
{
    const int Kept = 16;

    readonly ConcurrentStack<LogReader> idle = new();
    volatile bool closed;

    /// <exception cref="EventStoreUnavailableException">The disk did not answer.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public Page Read(Func<LogReader, Page> read)
    {
        ObjectDisposedException.ThrowIf(closed, typeof(EmbeddedEventStore));
        try
        {
            if (!idle.TryPop(out var reader))
                reader = new(path);
            try
            {
                return read(reader);
            }
            finally
            {
                Return(reader);
            }
        }
        catch (SqliteException exception)
        {
            throw new EventStoreUnavailableException($"The log {path} could not be read.", exception);
        }
    }

    /// <inheritdoc cref="IEventStore.ReadStream"/>
    public async IAsyncEnumerable<RecordedEvent> ReadStream(
        string stream,
        Direction direction,
        long from,
        long max,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await ValueTask.CompletedTask; // SQLite reads on the caller's thread
        var name = StreamName.Encode(stream);
        var step = direction == Direction.Forwards ? 1 : -1;
        var page = Page.Start;
        for (var left = max; left > 0 && from >= 0 && !page.AtEnd; left -= page.Events.Count)
        {
            cancel.ThrowIfCancellationRequested();
            page = Read(reader => reader.ReadStream(stream, name, direction, from, Page.Rows(left)));
            foreach (var @event in page.Events)
                yield return @event;
            from = page.Events is [.., var last] ? last.Revision + step : from;
        }
    }

    void Return(LogReader reader)
    {
        if (idle.Count < Kept)
            idle.Push(reader);
        else
            reader.Dispose();
        if (closed)
            Dispose();
    }

    public void Dispose()
    {
        closed = true;
        while (idle.TryPop(out var reader))
            reader.Dispose();
    }
}
