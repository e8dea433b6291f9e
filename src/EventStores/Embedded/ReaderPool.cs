using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Varve.EventStores.Embedded;

/// <summary>Connections that read: as many as read at one instant, since each is held for a page only.
/// Thread-safe.</summary>
sealed class ReaderPool(string path, Access access) : IDisposable
{
    const int Kept = 16;

    readonly ConcurrentStack<LogReader> idle = new();
    volatile bool closed;

    /// <exception cref="EventStoreUnavailableException">The disk did not answer.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public T Read<T>(Func<LogReader, T> read)
    {
        ObjectDisposedException.ThrowIf(closed, typeof(EmbeddedEventStore));
        try
        {
            if (!idle.TryPop(out var reader))
                reader = new(path, access);
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
