using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Varve.EventStores.Embedded;

/// <summary>
/// The log in one SQLite file, <c>log/events.db</c>, written by one thread with one fsync for all who wait, read by any
/// number without blocking it. For one process. Positions are 1, 2, 3… without gaps.
/// </summary>
public sealed class EmbeddedEventStore : IEventStore, IAsyncDisposable
{
    readonly FileStream theOnlyOne;
    readonly Tail tail;
    readonly AppendQueue queue;
    readonly Committer committer;
    readonly EmbeddedEventLog log;

    EmbeddedEventStore(FileStream theOnlyOne, string path, LogWriter writer, TimeProvider time, ILogger logger)
    {
        this.theOnlyOne = theOnlyOne;
        tail = new(writer.Head);
        queue = new(time);
        log = new(path, Access.ReadWrite, time);
        committer = new(path, writer, queue, tail, time, logger);
    }

    /// <summary>Opens the log under a data folder, or makes it. Reads a few pages, however long the log is; after a
    /// crash also the WAL, usually less than 64 MiB.</summary>
    /// <param name="folder">The data folder; the log is in its subfolder <c>log</c>.</param>
    /// <exception cref="EventStoreUnavailableException">Another process has it open, a newer Varve wrote it, or the
    /// disk does not let it be read; the message says which.</exception>
    public static EmbeddedEventStore Open(string folder, TimeProvider time, ILogger logger)
    {
        var log = Directory.CreateDirectory(Path.Combine(folder, "log")).FullName;
        var path = Path.Combine(log, "events.db");
        var theOnlyOne = Lock(Path.Combine(log, "events.lock"), path);
        try
        {
            return new(theOnlyOne, path, new LogWriter(path), time, logger);
        }
        catch (Exception exception)
        {
            theOnlyOne.Dispose();
            if (exception is SqliteException)
                throw new EventStoreUnavailableException($"The log {path} cannot be opened.", exception);
            throw;
        }
    }

    static FileStream Lock(string path, string log)
    {
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new EventStoreUnavailableException($"The log {log} is open in another process.", exception);
        }
    }

    /// <summary>Transactions that wrote events, each with one fsync, since the start.</summary>
    public long Commits => committer.Commits;

    /// <summary>Since the start.</summary>
    public long EventsAppended => committer.Events;

    public async ValueTask<AppendResult> Append(IReadOnlyList<StreamAppend> appends, CancellationToken cancel)
    {
        var append = PendingAppend.From(appends);
        cancel.ThrowIfCancellationRequested();
        if (!committer.TryCommit(append))
            await queue.Add(append, cancel);
        return await append.Answer.WaitAsync(cancel);
    }

    public IAsyncEnumerable<RecordedEvent> ReadStream(
        string stream,
        Direction direction,
        long from,
        long max,
        CancellationToken cancel
    ) =>
        direction == Direction.Forwards && committer.EndsBefore(stream, from)
            ? AsyncEnumerable.Empty<RecordedEvent>()
            : log.ReadStream(stream, direction, from, max, cancel);

    public IAsyncEnumerable<RecordedEvent> ReadAll(
        Direction direction,
        Position from,
        long max,
        CancellationToken cancel
    ) => log.ReadAll(direction, from, max, cancel);

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
            var moved = tail.Moved;
            var page = tail.Read(upto, prefixes) ?? log.ReadAfter(upto, prefixes);
            if (page.Upto > upto || first)
                yield return new(page.Events, new(upto = page.Upto), Live: upto >= tail.Head);
            else
                await moved.WaitAsync(cancel);
        }
    }

    public ValueTask<Position> Head(CancellationToken cancel) => new(new Position(tail.Head));

    /// <summary>Takes no more, answers all that was accepted, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await committer.DisposeAsync();
        tail.Close();
        await log.DisposeAsync();
        await theOnlyOne.DisposeAsync();
    }
}
