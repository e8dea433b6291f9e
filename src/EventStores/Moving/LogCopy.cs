namespace Varve.EventStores.Moving;

/// <param name="At">The source's position that has been reached, of <paramref name="Head"/>.</param>
public readonly record struct CopyProgress(Position At, Position Head);

/// <summary>The target holds something else than the source.</summary>
public sealed class LogsDifferException(string message) : Exception(message);

/// <summary>
/// Copies a log event by event: order, streams, revisions, ids, types, data and metadata stay; positions and the time
/// of taking are the target's own. What a run that was cut has copied is found by the target's last event, and the next
/// run goes on behind it. Streams whose names begin with <c>$</c> are the server's own and stay behind.
/// </summary>
/// <param name="streamsAtOnce">Streams that the target appends to in one call, all or nothing.</param>
public sealed class LogCopy(ILogSource source, IEventStore target, int streamsAtOnce)
{
    const int EventsAtOnce = 500;
    const int BytesAtOnce = 512 * 1024;

    /// <returns>How many events were copied by this run.</returns>
    /// <exception cref="LogsDifferException">The target holds an event that the source has not.</exception>
    public async Task<long> Run(IProgress<CopyProgress>? progress, CancellationToken cancel)
    {
        var head = await source.Head(cancel);
        var copied = 0L;
        var batch = new Batch(streamsAtOnce);
        await foreach (var recorded in source.After(await PlaceOfLast(cancel), cancel))
        {
            if (IsServersOwn(recorded))
                continue;
            if (!batch.TakesAlso(recorded))
            {
                await Write(batch, cancel);
                progress?.Report(new(batch.Upto, head));
                batch = new(streamsAtOnce);
            }
            batch.Add(recorded);
            copied++;
        }
        await Write(batch, cancel);
        progress?.Report(new(head, head));
        return copied;
    }

    /// <summary>Reads both logs whole, side by side.</summary>
    /// <returns>How many events there are.</returns>
    /// <exception cref="LogsDifferException">They differ; the message names the first event that does.</exception>
    public async Task<long> Verify(IProgress<CopyProgress>? progress, CancellationToken cancel)
    {
        var head = await source.Head(cancel);
        var count = 0L;
        await using var copies = Own(target.ReadAll(Direction.Forwards, Position.Start, long.MaxValue, cancel))
            .GetAsyncEnumerator(cancel);
        await foreach (var original in Own(source.After(Position.Start, cancel)))
        {
            if (!await copies.MoveNextAsync())
                throw new LogsDifferException($"The target ends before {NameOf(original)}.");
            if (!Same(original, copies.Current))
                throw new LogsDifferException(
                    $"At {NameOf(original)} of the source the target has {NameOf(copies.Current)}, or other bytes."
                );
            if (++count % EventsAtOnce == 0)
                progress?.Report(new(original.Position, head));
        }
        return await copies.MoveNextAsync()
            ? throw new LogsDifferException($"The target goes on with {NameOf(copies.Current)}.")
            : count;
    }

    static IAsyncEnumerable<RecordedEvent> Own(IAsyncEnumerable<RecordedEvent> all) => all.Where(e => !IsServersOwn(e));

    static bool IsServersOwn(RecordedEvent recorded) => recorded.Stream.StartsWith('$');

    static bool Same(RecordedEvent one, RecordedEvent other) =>
        (one.Stream, one.Revision, one.Id, one.Type, one.IsJson)
            == (other.Stream, other.Revision, other.Id, other.Type, other.IsJson)
        && one.Data.Span.SequenceEqual(other.Data.Span)
        && one.Metadata.Span.SequenceEqual(other.Metadata.Span);

    static string NameOf(RecordedEvent recorded) =>
        $"{recorded.Type} {recorded.Id} ({recorded.Stream}, revision {recorded.Revision}, "
        + $"position {recorded.Position})";

    async ValueTask<Position> PlaceOfLast(CancellationToken cancel)
    {
        await foreach (var last in target.ReadAll(Direction.Backwards, Position.End, long.MaxValue, cancel))
        {
            if (IsServersOwn(last))
                continue;
            var original = await source.Find(last.Stream, last.Revision, cancel);
            return original is not null && Same(original, last)
                ? original.Position
                : throw new LogsDifferException($"The target holds {NameOf(last)}, which the source has not.");
        }
        return Position.Start;
    }

    async ValueTask Write(Batch batch, CancellationToken cancel)
    {
        if (batch.Appends.Count == 0)
            return;
        var result = await target.Append([.. batch.Appends], cancel);
        if (result.Conflict is { } wrong)
            throw new LogsDifferException(
                $"Stream {wrong.Stream} ends in the target at revision {wrong.Actual}, and the source goes on from "
                    + $"{wrong.Expected.Value}: somebody else writes to the target, or the source's stream was cut."
            );
    }

    /// <summary>Events that one call appends. It keeps their order: each stream comes once, its events together.
    /// </summary>
    sealed class Batch(int streamsMax)
    {
        readonly HashSet<string> streams = new(StringComparer.Ordinal);
        List<NewEvent> last = [];
        string? lastStream;
        int events;
        long bytes;

        public List<StreamAppend> Appends { get; } = [];

        public Position Upto { get; private set; }

        public bool TakesAlso(RecordedEvent recorded) =>
            events == 0
            || events < EventsAtOnce
                && bytes + recorded.Data.Length <= BytesAtOnce
                && (recorded.Stream == lastStream || streams.Count < streamsMax && !streams.Contains(recorded.Stream));

        public void Add(RecordedEvent recorded)
        {
            if (recorded.Stream != lastStream)
            {
                (lastStream, last) = (recorded.Stream, []);
                streams.Add(recorded.Stream);
                Appends.Add(new(recorded.Stream, new(recorded.Revision - 1), last));
            }
            last.Add(new(recorded.Id, recorded.Type, recorded.Data, recorded.Metadata) { IsJson = recorded.IsJson });
            (events, bytes, Upto) = (events + 1, bytes + recorded.Data.Length, recorded.Position);
        }
    }
}
