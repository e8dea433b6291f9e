using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Varve.EventStores.Embedded;

/// <summary>
/// Reads the log of <see cref="EmbeddedEventStore"/> page by page, in any process and beside the one that writes it: a
/// reader holds nobody back. Thread-safe.
/// </summary>
public sealed class EmbeddedEventLog : IEventLog, IAsyncDisposable
{
    /// <summary>How often a subscriber at the end of the log looks for more.</summary>
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    readonly ReaderPool readers;
    readonly TimeProvider time;

    internal EmbeddedEventLog(string path, Access access, TimeProvider time) =>
        (readers, this.time) = (new(path, access), time);

    /// <summary>Opens the log under a data folder to read it, whether a server runs on it or not.</summary>
    /// <param name="folder">The data folder; the log is in its subfolder <c>log</c>.</param>
    /// <exception cref="EventStoreUnavailableException">There is no log, a newer Varve wrote it, or it can't be read;
    /// the message says which.</exception>
    public static EmbeddedEventLog Open(string folder, TimeProvider time)
    {
        var path = Path.Combine(Path.GetFullPath(folder), "log", "events.db");
        if (!File.Exists(path))
            throw new EventStoreUnavailableException($"There is no log in '{Path.GetFullPath(folder)}'.");
        try
        {
            using var database = new Database(path, Access.ReadOnly, TimeSpan.FromSeconds(5));
            if (Schema.Check(database, path) == 0)
                throw new EventStoreUnavailableException($"The log {path} is empty.");
        }
        catch (SqliteException exception)
        {
            throw new EventStoreUnavailableException($"The log {path} cannot be read: {exception.Message}", exception);
        }
        return new(path, Access.ReadOnly, time);
    }

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
            page = readers.Read(reader => reader.ReadStream(stream, name, direction, from, Page.Rows(left)));
            foreach (var @event in page.Events)
                yield return @event;
            from = page.Events is [.., var last] ? last.Revision + step : from;
        }
    }

    public async IAsyncEnumerable<RecordedEvent> ReadAll(
        Direction direction,
        Position from,
        long max,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await ValueTask.CompletedTask; // SQLite reads on the caller's thread
        var step = direction == Direction.Forwards ? 1 : -1;
        var (next, page) = (from.Value, Page.Start);
        for (var left = max; left > 0 && !page.AtEnd; left -= page.Events.Count)
        {
            cancel.ThrowIfCancellationRequested();
            page = readers.Read(reader => reader.ReadAll(direction, next, Page.Rows(left), Prefixes.All));
            foreach (var @event in page.Events)
                yield return @event;
            next = page.Upto + step;
        }
    }

    public async IAsyncEnumerable<EventBatch> Subscribe(
        Position after,
        IReadOnlyList<string> streamPrefixes,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var prefixes = new Prefixes(streamPrefixes);
        for (var (upto, first) = (after.Value, true); ; first = false)
        {
            cancel.ThrowIfCancellationRequested();
            var page = ReadAfter(upto, prefixes);
            if (page.Upto > upto || first)
                yield return new(page.Events, new(upto = page.Upto), Live: page.AtEnd);
            else
                await Task.Delay(LookEvery, time, cancel);
        }
    }

    public ValueTask<Position> Head(CancellationToken cancel) =>
        new(new Position(readers.Read(reader => reader.Head())));

    internal Page ReadAfter(long position, Prefixes prefixes) =>
        readers.Read(reader => reader.ReadAll(Direction.Forwards, position + 1, Page.EventsMax, prefixes));

    public ValueTask DisposeAsync()
    {
        readers.Dispose();
        return ValueTask.CompletedTask;
    }
}
