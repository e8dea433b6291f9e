using System.Text;

namespace Varve.EventStores;

/// <summary>
/// An append-only log of streams, to read. A stream's events have revisions 0, 1, 2…; every event has a position in the
/// whole log. Positions become visible in order: a reader never skips one that appears later. Thread-safe.
/// </summary>
public interface IEventLog
{
    /// <summary>Reads a stream; no events if it does not exist.</summary>
    /// <param name="from">First revision to read; <see cref="long.MaxValue"/> backwards means the end.</param>
    /// <param name="max">At most so many events.</param>
    IAsyncEnumerable<RecordedEvent> ReadStream(
        string stream,
        Direction direction,
        long from,
        long max,
        CancellationToken cancel
    );

    /// <summary>Reads the whole log.</summary>
    /// <param name="from">Forwards: the first position to read, inclusive. Backwards: events before or at it.</param>
    IAsyncEnumerable<RecordedEvent> ReadAll(Direction direction, Position from, long max, CancellationToken cancel);

    /// <summary>
    /// All events after a position whose stream begins with one of the prefixes, in batches: first what is there, then
    /// what comes, for ever. Delivered at least once, in order. A slow reader costs no memory: it falls back to
    /// reading. The first batch comes at once, if need be without events, so that a reader at the end of the log learns
    /// it.
    /// </summary>
    /// <param name="after">Exclusive; <see cref="Position.Start"/> for everything.</param>
    /// <param name="streamPrefixes">Such as <c>object-</c>; empty for all streams.</param>
    IAsyncEnumerable<EventBatch> Subscribe(
        Position after,
        IReadOnlyList<string> streamPrefixes,
        CancellationToken cancel
    );

    /// <summary>Position of the last event in the log; <see cref="Position.Start"/> if there is none.</summary>
    ValueTask<Position> Head(CancellationToken cancel);
}

/// <summary>A log that can be written, too. Thread-safe.</summary>
public interface IEventStore : IEventLog
{
    /// <summary>Appends to several streams, in order.</summary>
    /// <param name="appends">At least one. A stream comes once at most. One without events is a condition only.</param>
    /// <param name="cancel">Stops the wait, not the write: afterwards the outcome is unknown.</param>
    /// <returns>When the events are on stable storage; or, if any expectation failed, the first that did, and then
    /// nothing is written.</returns>
    /// <exception cref="EventStoreUnavailableException">No answer: the events may be stored or not. Appending the
    /// same events (by id) with the same exact expectations never stores them twice; with <see
    /// cref="ExpectedRevision.Any"/> or <see cref="ExpectedRevision.Exists"/> only while they are the stream's last.
    /// </exception>
    /// <remarks>The embedded store appends all or nothing; EventStoreDB stream by stream, in order.</remarks>
    ValueTask<AppendResult> Append(IReadOnlyList<StreamAppend> appends, CancellationToken cancel);
}

public enum Direction
{
    Forwards,
    Backwards,
}

/// <summary>A place in the whole log. Compare, never subtract: positions may have gaps.</summary>
public readonly record struct Position(long Value) : IComparable<Position>
{
    /// <summary>Before the first event.</summary>
    public static readonly Position Start = new(0);

    /// <summary>After every event.</summary>
    public static readonly Position End = new(long.MaxValue);

    public int CompareTo(Position other) => Value.CompareTo(other.Value);

    public static bool operator <(Position left, Position right) => left.Value < right.Value;

    public static bool operator >(Position left, Position right) => left.Value > right.Value;

    public static bool operator <=(Position left, Position right) => left.Value <= right.Value;

    public static bool operator >=(Position left, Position right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What a writer expects of a stream: an exact revision (0…), or one of the three words.</summary>
public readonly record struct ExpectedRevision(long Value)
{
    /// <summary>The stream has no events yet.</summary>
    public static readonly ExpectedRevision NoStream = new(-1);

    public static readonly ExpectedRevision Any = new(-2);

    /// <summary>The stream has at least one event.</summary>
    public static readonly ExpectedRevision Exists = new(-4);
}

/// <param name="Stream">1 … 4,096 bytes of UTF-8.</param>
/// <param name="Expected">Checked against the revision of the stream's last event.</param>
/// <param name="Events">Empty: the expectation is a condition of the whole append, and nothing is written here.</param>
public sealed record StreamAppend(string Stream, ExpectedRevision Expected, IReadOnlyList<NewEvent> Events)
{
    /// <summary>Longest name of a stream, in bytes of UTF-8.</summary>
    public const int StreamBytesMax = 4_096;

    /// <summary>The one event is the stream's tombstone: it gets the revision <see
    /// cref="WrongExpectedRevision.Tombstoned"/>, and nothing follows it for ever.</summary>
    internal bool EndsStream { get; init; }

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">Empty, too long, or with half a surrogate pair.</exception>
    internal static byte[] EncodeName(string stream)
    {
        var utf8 = Strict.GetBytes(stream);
        return utf8.Length is > 0 and <= StreamBytesMax
            ? utf8
            : throw new ArgumentException($"A stream's name has 1 to 4,096 bytes, not {utf8.Length}.", nameof(stream));
    }

    /// <summary>Checks all limits but those of names.</summary>
    /// <exception cref="ArgumentException">One is passed; the message says which.</exception>
    internal static void Check(IReadOnlyList<StreamAppend> appends)
    {
        if (appends.Count == 0)
            throw new ArgumentException("An append names at least one stream.", nameof(appends));
        for (var i = 0; i < appends.Count; i++)
        {
            var stream = appends[i].Stream;
            for (var earlier = 0; earlier < i; earlier++)
                if (appends[earlier].Stream == stream)
                    throw new ArgumentException($"Stream {stream} comes twice.", nameof(appends));
            foreach (var @event in appends[i].Events)
            {
                if (string.IsNullOrEmpty(@event.Type))
                    throw new ArgumentException($"Event {@event.Id} has no type.", nameof(appends));
                if (Math.Max(@event.Data.Length, @event.Metadata.Length) > NewEvent.DataBytesMax)
                    throw new ArgumentException($"Event {@event.Id} is larger than 1 MiB.", nameof(appends));
            }
        }
    }
}

/// <param name="Id">Derived from the command, so that the same event twice is one event.</param>
/// <param name="Type">Its name in the event catalog; not empty.</param>
/// <param name="Data">JSON, UTF-8, at most 1 MiB. Live subscribers are given this very memory: never change it.</param>
/// <param name="Metadata">As Data.</param>
/// <param name="Fact">The event decoded, for subscribers in the same process, which so need not decode it
/// again.</param>
public sealed record NewEvent(
    Guid Id,
    string Type,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte> Metadata,
    object? Fact = null
)
{
    /// <summary>1 MiB, the default limit of EventStoreDB's <c>MaxAppendSize</c>.</summary>
    public const int DataBytesMax = 1_048_576;

    /// <summary>False for data that is not JSON. Varve's own always is.</summary>
    public bool IsJson { get; init; } = true;
}

/// <summary>An event in the log.</summary>
/// <param name="Revision">Its place in the stream, 0-based.</param>
/// <param name="Created">When the store took it, UTC. The command's own time is in the metadata.</param>
/// <param name="Fact">The event decoded, where it was at hand; else null: decode <paramref name="Data"/>.</param>
public sealed record RecordedEvent(
    string Stream,
    long Revision,
    Position Position,
    Guid Id,
    string Type,
    DateTimeOffset Created,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte> Metadata,
    object? Fact = null
)
{
    /// <summary>False where its writer said that <see cref="Data"/> is no JSON.</summary>
    public bool IsJson { get; init; } = true;
}

/// <summary>Events of a subscription. May be empty: then only the checkpoint moved.</summary>
/// <param name="Upto">Everything up to here has been looked at: a checkpoint may be set here.</param>
/// <param name="Live">True if this was the end of the log when it was read.</param>
public sealed record EventBatch(IReadOnlyList<RecordedEvent> Events, Position Upto, bool Live);

/// <summary>What became of an append.</summary>
/// <param name="Position">Of the last event written; where all events were already there (same ids), of the last of
/// those; for a call of conditions only, the log's head. Null if an expectation failed.</param>
/// <param name="Revision">In the first of the streams, of that event; −1 if the stream has none.</param>
/// <param name="Conflict">The first failed expectation.</param>
public readonly record struct AppendResult(Position? Position, long Revision, WrongExpectedRevision? Conflict)
{
    public static AppendResult Written(Position last, long revision) => new(last, revision, null);

    public static AppendResult Refused(WrongExpectedRevision conflict) => new(null, conflict.Actual, conflict);
}

/// <param name="Actual">Revision of the stream's last event; −1 if it has none; <see cref="Tombstoned"/>.</param>
public sealed record WrongExpectedRevision(string Stream, ExpectedRevision Expected, long Actual)
{
    /// <summary>The stream was ended for ever: no expectation holds.</summary>
    public const long Tombstoned = long.MaxValue;
}

/// <summary>The store gave no answer; see <see cref="IEventStore.Append"/> for what that means.</summary>
/// <param name="mayPass">False: trying again does not help before somebody has mended something.</param>
public sealed class EventStoreUnavailableException(string message, Exception? inner = null, bool mayPass = true)
    : IOException(message, inner)
{
    public bool MayPass => mayPass;
}
