using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Varve.EventStores;

namespace Varve.Projections.Tests;

/// <summary>A log in a list. Positions have gaps, as those of other stores do.</summary>
public sealed class InMemoryEventStore : IEventStore
{
    const int PositionStep = 10;
    const int BatchMax = 64;

    readonly Lock gate = new();
    readonly List<RecordedEvent> log = [];
    readonly ConcurrentDictionary<string, long> revisions = new(StringComparer.Ordinal);
    TaskCompletionSource grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Position Last
    {
        get
        {
            lock (gate)
                return log.Count == 0 ? Position.Start : log[^1].Position;
        }
    }

    /// <summary>Writes without asking, as a program that is not Varve may do.</summary>
    public Position Write(string stream, string type, byte[] data, object? fact = null)
    {
        lock (gate)
        {
            var revision = revisions.AddOrUpdate(stream, 0, (_, last) => last + 1);
            var position = new Position((log.Count + 1) * PositionStep);
            log.Add(
                new(stream, revision, position, Guid.NewGuid(), type, DateTimeOffset.UnixEpoch, data, default, fact)
            );
            grown.TrySetResult();
            grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return position;
        }
    }

    public Position Write(string stream, object @event, bool decoded = true)
    {
        var row = Domain.EventCatalog.RowOf(@event);
        return Write(stream, row.Name, decoded ? [] : row.Encode(@event), decoded ? @event : null);
    }

    public ValueTask<AppendResult> Append(IReadOnlyList<StreamAppend> appends, CancellationToken cancel)
    {
        lock (gate)
        {
            foreach (var append in appends)
            {
                var actual = revisions.GetValueOrDefault(append.Stream, -1);
                if (append.Expected.Value >= -1 && append.Expected.Value != actual)
                    return new(AppendResult.Refused(new(append.Stream, append.Expected, actual)));
            }
            foreach (var append in appends)
            foreach (var e in append.Events)
                Write(append.Stream, e.Type, e.Data.ToArray(), e.Fact);
            return new(AppendResult.Written(Last, revisions.GetValueOrDefault(appends[0].Stream, -1)));
        }
    }

    public async IAsyncEnumerable<RecordedEvent> ReadStream(
        string stream,
        Direction direction,
        long from,
        long max,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await Task.CompletedTask;
        var events = After(Position.Start).Where(e => e.Stream == stream);
        events =
            direction == Direction.Forwards
                ? events.Where(e => e.Revision >= from)
                : events.Where(e => e.Revision <= from).Reverse();
        foreach (var e in events.Take((int)Math.Min(max, int.MaxValue)).ToList())
            yield return e;
    }

    public IAsyncEnumerable<RecordedEvent> ReadAll(
        Direction direction,
        Position from,
        long max,
        CancellationToken cancel
    ) => throw new NotSupportedException();

    public async IAsyncEnumerable<EventBatch> Subscribe(
        Position after,
        IReadOnlyList<string> streamPrefixes,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        while (true)
        {
            Task more;
            List<RecordedEvent> page;
            bool live;
            lock (gate)
            {
                more = grown.Task;
                var found = After(after);
                page = found.Take(BatchMax).ToList();
                live = found.Count() <= BatchMax;
            }
            if (page.Count > 0)
            {
                after = page[^1].Position;
                yield return new([.. page.Where(IsWanted)], after, live);
            }
            else
                await more.WaitAsync(cancel);
        }

        bool IsWanted(RecordedEvent e) =>
            streamPrefixes.Count == 0 || streamPrefixes.Any(p => e.Stream.StartsWith(p, StringComparison.Ordinal));
    }

    public ValueTask<Position> Head(CancellationToken cancel) => new(Last);

    IEnumerable<RecordedEvent> After(Position position)
    {
        lock (gate)
        {
            var first = (int)(position.Value / PositionStep);
            return log[first..];
        }
    }
}
