using BitFaster.Caching.Lru;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Node;

/// <summary>
/// The streams of the embedded log as EventStoreDB has them: with metadata, truncation, soft deletes and tombstones. In
/// what it answers, a conflict whose actual revision is <see cref="WrongExpectedRevision.Tombstoned"/> says that the
/// stream is deleted. Thread-safe.
/// </summary>
sealed class NodeStreams(EmbeddedEventStore store, TimeProvider time)
{
    const int RecentAppendsMax = 16_384;

    /// <summary>Where events are that came of late: of those that come again with no exact expectation, the place does
    /// not follow from it.</summary>
    readonly ConcurrentLru<(string Stream, Guid Id), (long Revision, Position Position)> recent = new(RecentAppendsMax);

    public async ValueTask<StreamState> Find(string stream, CancellationToken cancel)
    {
        var said = await Last(StreamMetadata.StreamOf(stream), cancel);
        var last = (await Last(stream, cancel))?.Revision ?? -1;
        if (StreamMetadata.Subject(stream) is { } subject && (await Last(subject, cancel))?.Revision == Tombstone)
            last = Tombstone; // the metadata goes with the stream
        return new(stream, last, StreamMetadata.Of(stream, said), said);
    }

    const long Tombstone = WrongExpectedRevision.Tombstoned;

    async ValueTask<RecordedEvent?> Last(string stream, CancellationToken cancel)
    {
        await foreach (var last in store.ReadStream(stream, Direction.Backwards, long.MaxValue, 1, cancel))
            return last;
        return null;
    }

    /// <summary>The first revision that a reader is shown; one more than the last if it is shown none.</summary>
    public async ValueTask<long> FirstShown(StreamState state, CancellationToken cancel)
    {
        var (maxCount, before, maxAge) = state.Metadata;
        var first = Math.Max(before ?? 0, maxCount is { } count ? state.Last + 1 - count : 0);
        first = Math.Clamp(first, 0, state.Last + 1);
        if (maxAge is not { } age)
            return first;
        // Events are in the order of their times: halve until the first that is young enough is found.
        var oldest = time.GetUtcNow() - age;
        for (var end = state.Last + 1; first < end; )
        {
            var middle = first + ((end - first) / 2);
            await foreach (var e in store.ReadStream(state.Stream, Direction.Forwards, middle, 1, cancel))
                (first, end) = e.Created < oldest ? (middle + 1, end) : (first, middle);
        }
        return first;
    }

    public async ValueTask<AppendResult> Append(StreamAppend append, CancellationToken cancel)
    {
        var (stream, expected, events) = append;
        while (true)
        {
            var state = await Find(stream, cancel);
            if (Judge(state, expected) is { } wrong)
                return AppendResult.Refused(wrong);
            if (AppendedBefore(append, state) is { } answered)
                return answered;
            var result = await store.Append(WithMetadata(append, state), cancel);
            if (result.Conflict is { } conflict)
            {
                // That the stream is not as it was a moment ago refuses nothing: only what the caller expects does.
                if (conflict.Stream == stream && conflict.Expected == expected)
                    return result;
                continue;
            }
            for (var i = 0; i < events.Count; i++)
                recent.AddOrUpdate(
                    (stream, events[i].Id),
                    (result.Revision - events.Count + 1 + i, result.Position!.Value)
                );
            return result;
        }
    }

    /// <summary>Refused where the store itself would not refuse.</summary>
    static WrongExpectedRevision? Judge(StreamState state, ExpectedRevision expected)
    {
        if (state.IsTombstoned)
            return state.Deleted(expected);
        if (!state.IsSoftDeleted)
            return null;
        if (expected == ExpectedRevision.Exists)
            return state.Deleted(expected);
        return expected.Value >= 0 && expected.Value != state.Last ? new(state.Stream, expected, state.Last) : null;
    }

    /// <summary>On the condition that nobody deletes the stream meanwhile; one that is deleted is shown again.
    /// </summary>
    static StreamAppend[] WithMetadata(StreamAppend append, StreamState state)
    {
        var name = StreamMetadata.StreamOf(append.Stream);
        var said = new ExpectedRevision(state.Said?.Revision ?? -1);
        if (state.IsSoftDeleted)
        {
            NewEvent[] shown = append.Events.Count > 0 ? [StreamMetadata.Undeleting(state.Said!, state.Last + 1)] : [];
            return [append with { Expected = new(state.Last) }, new(name, said, shown)];
        }
        // A stream that has only metadata exists.
        var onlySaid = append.Expected == ExpectedRevision.Exists && state is { Last: < 0, Said: not null };
        return [onlySaid ? append with { Expected = ExpectedRevision.NoStream } : append, new(name, said, [])];
    }

    /// <summary>An append with no exact expectation whose events came of late: all of them, or it is refused.</summary>
    /// <returns>Null: its first event is new.</returns>
    AppendResult? AppendedBefore(StreamAppend append, StreamState state)
    {
        var (stream, expected, events) = append;
        if (expected.Value >= -1 || events.Count == 0 || !recent.TryGet((stream, events[0].Id), out var last))
            return null;
        foreach (var @event in events)
            if (!recent.TryGet((stream, @event.Id), out last))
                return AppendResult.Refused(new(stream, expected, state.Last));
        return AppendResult.Written(last.Position, last.Revision);
    }

    /// <summary>Hides all events of a stream, until one is appended again.</summary>
    public async ValueTask<AppendResult> Delete(string stream, ExpectedRevision expected, CancellationToken cancel)
    {
        while (true)
        {
            var state = await Find(stream, cancel);
            if (state.IsTombstoned || state.IsSoftDeleted && expected == ExpectedRevision.Exists)
                return AppendResult.Refused(state.Deleted(expected));
            var holds =
                expected == ExpectedRevision.Any
                || expected.Value == state.Last
                || (state.IsSoftDeleted ? expected == ExpectedRevision.NoStream : expected == ExpectedRevision.Exists);
            if (!holds || state is { Last: < 0, IsSoftDeleted: false })
                return AppendResult.Refused(new(stream, expected, state.Last));
            var name = StreamMetadata.StreamOf(stream);
            StreamAppend said = new(name, new(state.Said?.Revision ?? -1), [StreamMetadata.Deleting()]);
            var result = await store.Append([said, new(stream, new(state.Last), [])], cancel);
            if (result.Conflict is null)
                return result;
        }
    }

    /// <summary>Ends a stream for ever.</summary>
    public async ValueTask<AppendResult> End(string stream, ExpectedRevision expected, CancellationToken cancel)
    {
        while (true)
        {
            var state = await Find(stream, cancel);
            if (state.IsTombstoned)
                return AppendResult.Refused(state.Deleted(expected));
            var gone = state.IsSoftDeleted && expected == ExpectedRevision.NoStream;
            var tombstone = new NewEvent(Guid.NewGuid(), StreamState.TombstoneType, default, default);
            StreamAppend end = new(stream, gone ? new(state.Last) : expected, [tombstone]) { EndsStream = true };
            var result = await store.Append([end], cancel);
            if (result.Conflict is not { } conflict || conflict.Expected == expected)
                return result;
        }
    }
}

/// <summary>A stream as it is at one moment.</summary>
/// <param name="Last">Revision of the last event; −1 if there is none.</param>
/// <param name="Said">The event that has the metadata; null if there is none.</param>
sealed record StreamState(string Stream, long Last, StreamMetadata Metadata, RecordedEvent? Said)
{
    /// <summary>Type of the event that ends a stream.</summary>
    public const string TombstoneType = "$streamDeleted";

    public bool IsTombstoned => Last == WrongExpectedRevision.Tombstoned;

    public bool IsSoftDeleted => !IsTombstoned && Metadata.HidesAll;

    /// <summary>There is nothing that a reader could be told of.</summary>
    public bool IsNotFound => Last < 0 || IsSoftDeleted;

    public WrongExpectedRevision Deleted(ExpectedRevision expected) =>
        new(Stream, expected, WrongExpectedRevision.Tombstoned);
}
