namespace Varve.EventStores.Embedded;

/// <summary>
/// The log's end and its last events, in memory: what live subscribers read. Bounded: who is further behind reads the
/// database. Thread-safe.
/// </summary>
sealed class Tail(long head)
{
    const int EventsKept = 8_192; // a power of two, so that finding a place is no division
    const long BytesKept = 16 << 20;

    /// <summary>What an event costs beside its data.</summary>
    const int Overhead = 256;

    readonly Lock gate = new();
    readonly RecordedEvent?[] ring = new RecordedEvent?[EventsKept];
    long head = head;
    long first = head + 1; // of the events in the ring
    long bytes;
    TaskCompletionSource moved = NewSignal();
    bool closed;

    /// <summary>Position of the last event that is on stable storage.</summary>
    public long Head => Volatile.Read(ref head);

    /// <summary>Ends when the head next moves. Take it before looking at the head, else a move can be missed.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed: it never moves again.</exception>
    public Task Moved
    {
        get
        {
            var signal = Volatile.Read(ref moved).Task;
            ObjectDisposedException.ThrowIf(Volatile.Read(ref closed), typeof(EmbeddedEventStore));
            return signal;
        }
    }

    public void Publish(IReadOnlyList<RecordedEvent> events)
    {
        lock (gate)
        {
            foreach (var @event in events)
            {
                head = @event.Position.Value;
                if (head - first == EventsKept)
                    Forget();
                ring[head % EventsKept] = @event;
                bytes += Size(@event);
            }
            while (bytes > BytesKept)
                Forget();
        }
        Signal();
    }

    /// <summary>After a failed commit, of which nobody knows whether it was done, the database says where the head
    /// is.</summary>
    public void Restart(long to)
    {
        lock (gate)
        {
            while (first <= head)
                Forget();
            (head, first) = (to, to + 1);
        }
        Signal();
    }

    /// <summary>Nothing comes any more: whoever waits is told.</summary>
    public void Close()
    {
        Volatile.Write(ref closed, true);
        Signal();
    }

    /// <summary>The events after a position, of as many as one batch holds those that match.</summary>
    /// <returns>Null: they are no longer all here.</returns>
    public Page? Read(long after, Prefixes prefixes)
    {
        RecordedEvent[] events;
        bool atEnd;
        lock (gate)
        {
            if (after >= head)
                return new([], after, AtEnd: true);
            if (after + 1 < first)
                return null;
            var upto = after;
            for (long size = 0; upto < head && upto - after < Page.EventsMax && size < Page.BytesMax; upto++)
                size += Size(ring[(upto + 1) % EventsKept]!);
            events = new RecordedEvent[upto - after];
            for (var i = 0; i < events.Length; i++)
                events[i] = ring[(after + 1 + i) % EventsKept]!;
            atEnd = upto == head;
        }
        var matching = prefixes.Any ? Array.FindAll(events, e => prefixes.Match(e.Stream)) : events;
        return new(matching, events[^1].Position.Value, atEnd);
    }

    void Forget()
    {
        bytes -= Size(ring[first % EventsKept]!);
        ring[first % EventsKept] = null;
        first++;
    }

    static long Size(RecordedEvent @event) =>
        Overhead + @event.Data.Length + @event.Metadata.Length + (2L * @event.Stream.Length);

    void Signal() => Interlocked.Exchange(ref moved, NewSignal()).SetResult();

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Some events of the log.</summary>
/// <param name="Upto">Position of the last event looked at, whether it matched or not.</param>
/// <param name="AtEnd">Nothing came after it.</param>
readonly record struct Page(IReadOnlyList<RecordedEvent> Events, long Upto, bool AtEnd)
{
    /// <summary>Before the first page.</summary>
    public static readonly Page Start = new([], Upto: 0, AtEnd: false);

    public const int EventsMax = 1_024;

    /// <summary>A page ends after the event that passes this.</summary>
    public const long BytesMax = 4 << 20;

    public static int Rows(long left) => (int)Math.Min(left, EventsMax);
}
