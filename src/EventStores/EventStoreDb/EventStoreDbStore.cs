using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Options = Varve.EventStores.Protocol.ReadReq.Types.Options;

namespace Varve.EventStores.EventStoreDb;

/// <summary>
/// An EventStoreDB or KurrentDB (20.10 or later), one node or a cluster, over its gRPC protocol. What several streams
/// are appended goes stream by stream, in order; what was appended before, by a call that was cut, is found and not
/// appended again. Thread-safe.
/// </summary>
public sealed class EventStoreDbStore : IEventStore, IAsyncDisposable
{
    readonly Cluster cluster;
    readonly Calls calls;
    readonly StreamAppends appends;
    readonly TimeProvider time;

    EventStoreDbStore(Cluster cluster, TimeProvider time, ILogger logger)
    {
        this.cluster = cluster;
        this.time = time;
        calls = new(cluster, time, logger);
        appends = new(this, cluster, calls);
    }

    /// <summary>Connects with the first call, not here.</summary>
    public static EventStoreDbStore Open(ConnectionString settings, TimeProvider time, ILogger logger) =>
        new(new Cluster(settings, time), time, logger);

    public ValueTask<AppendResult> Append(IReadOnlyList<StreamAppend> appends, CancellationToken cancel)
    {
        StreamAppend.Check(appends);
        return this.appends.Append(appends, cancel);
    }

    public async IAsyncEnumerable<RecordedEvent> ReadStream(
        string stream,
        Direction direction,
        long from,
        long max,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var step = direction == Direction.Forwards ? 1 : -1;
        var name = WireEvents.Named(stream);
        while (max > 0 && from >= 0)
        {
            var options = Finite(direction, max);
            options.Stream = new() { StreamIdentifier = name };
            if (direction == Direction.Backwards && from == long.MaxValue)
                options.Stream.End = new();
            else
                options.Stream.Revision = (ulong)from;
            await using var page = new ReadCall(calls, cluster, options, cancel);
            while (await page.Next() is { } recorded)
            {
                yield return recorded;
                (from, max) = (recorded.Revision + step, max - 1);
            }
            if (page.Whole)
                yield break;
        }
    }

    /// <param name="from">Other than the two ends, the position of an event.</param>
    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordedEvent> ReadAll(
        Direction direction,
        Position from,
        long max,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var forwards = direction == Direction.Forwards;
        if (forwards && from == Position.End || !forwards && from == Position.Start || max == 0)
            yield break;
        Position? last = null;
        if (!forwards && from < Position.End)
        {
            // Backwards the server leaves out the event at the position: it is read the other way.
            await foreach (var at in ReadAll(Direction.Forwards, from, 1, cancel))
                if (at.Position == from)
                {
                    yield return at;
                    max--;
                }
            last = from;
        }
        while (max > 0)
        {
            var options = Finite(direction, forwards && last is not null && max < long.MaxValue ? max + 1 : max);
            options.All = From(last ?? from, forwards);
            await using var page = new ReadCall(calls, cluster, options, cancel);
            while (max > 0 && await page.Next() is { } recorded)
            {
                if (recorded.Position == last)
                    continue; // forwards it is read once more, after a cut
                yield return recorded;
                (last, max) = (recorded.Position, max - 1);
            }
            if (page.Whole)
                yield break;
        }
    }

    public IAsyncEnumerable<EventBatch> Subscribe(
        Position after,
        IReadOnlyList<string> streamPrefixes,
        CancellationToken cancel
    ) => new Following(this, calls, cluster, streamPrefixes).Run(after, cancel);

    public async ValueTask<Position> Head(CancellationToken cancel)
    {
        await foreach (var last in ReadAll(Direction.Backwards, Position.End, 1, cancel))
            return last.Position;
        return Position.Start;
    }

    static Options Finite(Direction direction, long max) =>
        new()
        {
            ReadDirection =
                direction == Direction.Forwards
                    ? Options.Types.ReadDirection.Forwards
                    : Options.Types.ReadDirection.Backwards,
            Count = (ulong)max,
            NoFilter = new(),
            UuidOption = new() { Structured = new() },
        };

    internal static Options.Types.AllOptions From(Position from, bool forwards)
    {
        if (from == Position.Start && forwards)
            return new() { Start = new() };
        if (from == Position.End && !forwards)
            return new() { End = new() };
        var at = (ulong)from.Value;
        return new()
        {
            Position = new() { CommitPosition = at, PreparePosition = at },
        };
    }

    public ValueTask DisposeAsync()
    {
        cluster.Dispose();
        return ValueTask.CompletedTask;
    }
}
