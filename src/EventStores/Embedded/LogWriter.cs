using System.Text;
using BitFaster.Caching.Lru;

namespace Varve.EventStores.Embedded;

/// <summary>
/// The one connection that writes: applies appends within a transaction. After any exception it is of no more use, and
/// disposing it takes back what was not committed. Not thread-safe.
/// </summary>
sealed class LogWriter : IDisposable
{
    const int StreamsCached = 16_384;
    const int TypesCached = 1_024;

    readonly Database database;
    readonly Statement begin;
    readonly Statement commit;
    readonly Statement findStream;
    readonly Statement findRevision;
    readonly Statement findEvents;
    readonly Statement insertStream;
    readonly Statement insertEvent;
    readonly ConcurrentLru<string, StreamState> streams = new(1, StreamsCached, StringComparer.Ordinal);
    readonly Dictionary<string, byte[]> types = [];
    readonly List<RecordedEvent> written = [];
    long lastStream;

    public LogWriter(string path)
    {
        database = new(path, Access.ReadWrite, TimeSpan.FromSeconds(2));
        try
        {
            Schema.Ensure(database, path);
            // Checkpoints are the committer's: within COMMIT, as the default has it, callers would wait for them.
            database.Execute(
                """
                PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 134217728;
                """
            );
            begin = database.Prepare("BEGIN IMMEDIATE");
            commit = database.Prepare("COMMIT");
            findStream = database.Prepare("SELECT id FROM streams WHERE hash = ?1 AND name = ?2");
            findRevision = database.Prepare("SELECT max(revision) FROM events WHERE stream = ?1");
            findEvents = database.Prepare(
                "SELECT id, position FROM events WHERE stream = ?1 AND revision >= ?2 ORDER BY revision"
            );
            insertStream = database.Prepare("INSERT INTO streams (id, hash, name) VALUES (?1, ?2, ?3)");
            insertEvent = database.Prepare(
                """
                INSERT INTO events (position, stream, revision, id, type, created, data, metadata, json)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """
            );
            lastStream = database.Ask("SELECT max(id) FROM streams");
            Head = database.Ask("SELECT max(position) FROM events");
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Position of the last event, in the open transaction too.</summary>
    public long Head { get; private set; }

    /// <summary>Events of this transaction, or of the last.</summary>
    public IReadOnlyList<RecordedEvent> Written => written;

    public void Begin()
    {
        written.Clear();
        begin.Run();
    }

    /// <summary>On stable storage when it returns. A transaction that wrote nothing costs no fsync.</summary>
    public void Commit() => commit.Run();

    public int TakePagesWritten() => database.TakePagesWritten();

    public int Checkpoint(int mode) => database.Checkpoint(mode);

    public AppendResult Apply(PendingAppend append, DateTimeOffset now)
    {
        WrongExpectedRevision? conflict = null;
        foreach (var stream in append.Streams)
        {
            var revision = Find(stream).Revision;
            if (conflict is null && !Holds(stream.Expected, revision))
                conflict = new(stream.Name, stream.Expected, revision);
        }
        if (append.Events > 0 && StoredBefore(append) is { } before)
            return before;
        if (conflict is not null)
            return AppendResult.Refused(conflict);
        foreach (var stream in append.Streams)
            if (stream.Events.Count > 0)
                Write(stream, now);
        return AppendResult.Written(new(Head), Find(append.Streams[0]).Revision);
    }

    /// <summary>Whether a stream ends before a revision, as far as is known without looking. Thread-safe.</summary>
    public bool EndsBefore(string stream, long revision) =>
        streams.TryGet(stream, out var known) && known.Revision < revision;

    static bool Holds(ExpectedRevision expected, long revision) =>
        revision != WrongExpectedRevision.Tombstoned
        && (
            expected == ExpectedRevision.Any
            || (expected == ExpectedRevision.Exists ? revision >= 0 : expected.Value == revision)
        );

    StreamState Find(PendingStream stream)
    {
        if (streams.TryGet(stream.Name, out var known))
            return known;
        findStream.Bind(1, stream.Encoded.Hash).BindText(2, stream.Encoded.Utf8);
        var id = findStream.Step() ? findStream.Int64(0) : 0;
        findStream.Reset();
        if (id == 0)
            return new() { Revision = -1 };
        findRevision.Bind(1, id).Step();
        var found = new StreamState { Id = id, Revision = findRevision.IsNull(0) ? -1 : findRevision.Int64(0) };
        findRevision.Reset();
        streams.AddOrUpdate(stream.Name, found);
        return found;
    }

    /// <summary>As in EventStoreDB, an append that comes again with the same event ids has been done already.</summary>
    /// <returns>What it was answered then, if every event is where this append would have put it; else null.</returns>
    AppendResult? StoredBefore(PendingAppend append)
    {
        var (last, revision) = (0L, -1L);
        foreach (var stream in append.Streams)
        {
            var state = Find(stream);
            var upto = state.Revision;
            if (stream.Events.Count > 0)
            {
                if (stream.EndsStream || upto == WrongExpectedRevision.Tombstoned)
                    return null;
                // Without an exact expectation the place can only be the stream's end.
                var first = stream.Expected.Value >= -1 ? stream.Expected.Value + 1 : upto + 1 - stream.Events.Count;
                if (first < 0 || first + stream.Events.Count - 1 > upto)
                    return null;
                if (StoredAt(state.Id, first, stream.Events) is not { } position)
                    return null;
                last = Math.Max(last, position);
                upto = first + stream.Events.Count - 1;
            }
            if (stream == append.Streams[0])
                revision = upto;
        }
        return AppendResult.Written(new(last), revision);
    }

    long? StoredAt(long stream, long first, IReadOnlyList<NewEvent> events)
    {
        var position = 0L;
        findEvents.Bind(1, stream).Bind(2, first);
        try
        {
            foreach (var @event in events)
            {
                if (!findEvents.Step() || new Guid(findEvents.Bytes(0), bigEndian: true) != @event.Id)
                    return null;
                position = findEvents.Int64(1);
            }
            return position;
        }
        finally
        {
            findEvents.Reset();
        }
    }

    void Write(PendingStream stream, DateTimeOffset now)
    {
        var state = Find(stream);
        if (state.Id == 0)
        {
            state.Id = ++lastStream;
            insertStream.Bind(1, state.Id).Bind(2, stream.Encoded.Hash).BindText(3, stream.Encoded.Utf8).Run();
            streams.AddOrUpdate(stream.Name, state);
        }
        Span<byte> id = stackalloc byte[16];
        foreach (var @event in stream.Events)
        {
            state.Revision = stream.EndsStream ? WrongExpectedRevision.Tombstoned : state.Revision + 1;
            @event.Id.TryWriteBytes(id, bigEndian: true, out _);
            insertEvent
                .Bind(1, ++Head)
                .Bind(2, state.Id)
                .Bind(3, state.Revision)
                .BindBlob(4, id)
                .BindText(5, Type(@event.Type))
                .Bind(6, now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks)
                .BindBlob(7, @event.Data.Span)
                .BindBlob(8, @event.Metadata.Span)
                .Bind(9, @event.IsJson ? 1 : 0)
                .Run();
            written.Add(
                new(
                    stream.Name,
                    state.Revision,
                    new(Head),
                    @event.Id,
                    @event.Type,
                    now,
                    @event.Data,
                    @event.Metadata,
                    @event.Fact
                )
                {
                    IsJson = @event.IsJson,
                }
            );
        }
    }

    /// <summary>There are few types of events, but nothing forbids a client to make many.</summary>
    byte[] Type(string name)
    {
        if (types.TryGetValue(name, out var utf8))
            return utf8;
        if (types.Count == TypesCached)
            types.Clear();
        return types[name] = Encoding.UTF8.GetBytes(name);
    }

    public void Dispose() => database.Dispose();

    sealed class StreamState
    {
        public long Id { get; set; }

        public required long Revision { get; set; }
    }
}
