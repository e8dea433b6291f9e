using System.Text;

namespace Varve.EventStores.Embedded;

/// <summary>
/// A connection that reads, page by page: between pages it holds nothing back, neither writer nor checkpoint. Not
/// thread-safe: see <see cref="ReaderPool"/>.
/// </summary>
sealed class LogReader : IDisposable
{
    readonly Database database;
    readonly string columns;

    // Without LIMIT: SQLite looks at its parameter to plan, so binding one would prepare the statement anew each time.
    readonly Statement streamForwards;
    readonly Statement streamBackwards;
    readonly Statement allForwards;
    readonly Statement allBackwards;
    readonly Statement head;
    readonly Utf8Names types = new();

    public LogReader(string path, Access access)
    {
        database = new(path, access, TimeSpan.FromSeconds(5));
        database.Execute("PRAGMA query_only = ON");
        // A log that no server has opened since the column came is read, too.
        var json = database.Ask("PRAGMA user_version") < 2 ? "1" : "e.json";
        columns = $"e.position, e.revision, e.id, e.type, e.created, e.data, e.metadata, {json}";
        streamForwards = Stream(">=", "ASC");
        streamBackwards = Stream("<=", "DESC");
        allForwards = All(">=", "ASC");
        allBackwards = All("<=", "DESC");
        head = database.Prepare("SELECT max(position) FROM events");
    }

    Statement Stream(string comparison, string order) =>
        database.Prepare(
            $"""
            SELECT {columns} FROM events e
            WHERE e.stream = (SELECT id FROM streams WHERE hash = ?1 AND name = ?2) AND e.revision {comparison} ?3
            ORDER BY e.revision {order}
            """
        );

    Statement All(string comparison, string order) =>
        database.Prepare(
            $"""
            SELECT {columns}, s.name FROM events e CROSS JOIN streams s ON s.id = e.stream
            WHERE e.position {comparison} ?1 ORDER BY e.position {order}
            """
        );

    /// <summary>No events if there is no such stream: one seek in the index of names.</summary>
    public Page ReadStream(string stream, StreamName name, Direction direction, long from, int max)
    {
        var rows = direction == Direction.Forwards ? streamForwards : streamBackwards;
        rows.Bind(1, name.Hash).BindText(2, name.Utf8).Bind(3, from);
        return Read(rows, stream, Prefixes.All, from, max);
    }

    public Page ReadAll(Direction direction, long from, int max, Prefixes prefixes) =>
        direction == Direction.Forwards
            ? Read(allForwards.Bind(1, from), stream: null, prefixes, from - 1, max)
            : Read(allBackwards.Bind(1, from), stream: null, prefixes, from, max);

    /// <summary>Position of the last event; 0 if there is none.</summary>
    public long Head()
    {
        try
        {
            return head.Step() ? head.Int64(0) : 0;
        }
        finally
        {
            head.Reset();
        }
    }

    /// <param name="upto">What the page says if there are no rows.</param>
    Page Read(Statement rows, string? stream, Prefixes prefixes, long upto, int max)
    {
        var events = new List<RecordedEvent>(Math.Min(max, 16));
        var (count, bytes) = (0, 0L);
        try
        {
            while (count < max && bytes < Page.BytesMax && rows.Step())
            {
                count++;
                upto = rows.Int64(0);
                if (stream is null && !prefixes.Match(rows.Bytes(8)))
                    continue;
                var @event = Event(rows, stream ?? Encoding.UTF8.GetString(rows.Bytes(8)));
                bytes += @event.Data.Length + @event.Metadata.Length;
                events.Add(@event);
            }
            return new(events, upto, AtEnd: bytes < Page.BytesMax && count < max);
        }
        finally
        {
            rows.Reset();
        }
    }

    RecordedEvent Event(Statement row, string stream)
    {
        var data = row.Bytes(5);
        var metadata = row.Bytes(6);
        var both = new byte[data.Length + metadata.Length];
        data.CopyTo(both);
        metadata.CopyTo(both.AsSpan(data.Length));
        return new(
            stream,
            row.Int64(1),
            new(row.Int64(0)),
            new Guid(row.Bytes(2), bigEndian: true),
            types.Get(row.Bytes(3)),
            DateTimeOffset.UnixEpoch.AddTicks(row.Int64(4)),
            both.AsMemory(0, data.Length),
            both.AsMemory(data.Length)
        )
        {
            IsJson = row.Int64(7) != 0,
        };
    }

    public void Dispose() => database.Dispose();
}

/// <summary>Strings that come again and again, without making them again. Not thread-safe.</summary>
sealed class Utf8Names
{
    readonly (byte[] Utf8, string Name)[] known = new (byte[], string)[256];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return "";
        ref var slot = ref known[(byte)((utf8.Length * 31) + (utf8[0] * 7) + (utf8[utf8.Length / 2] * 5) + utf8[^1])];
        if (slot.Name is null || !utf8.SequenceEqual(slot.Utf8))
            slot = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        return slot.Name;
    }
}

/// <summary>Which streams a subscription wants; none means all.</summary>
sealed class Prefixes(IReadOnlyList<string> prefixes)
{
    public static readonly Prefixes All = new([]);

    readonly byte[][] utf8 = [.. prefixes.Select(Encoding.UTF8.GetBytes)];
    readonly string[] texts = [.. prefixes];

    public bool Any => texts.Length > 0;

    public bool Match(ReadOnlySpan<byte> stream)
    {
        foreach (var prefix in utf8)
            if (stream.StartsWith(prefix))
                return true;
        return utf8.Length == 0;
    }

    public bool Match(string stream)
    {
        foreach (var prefix in texts)
            if (stream.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        return texts.Length == 0;
    }
}
