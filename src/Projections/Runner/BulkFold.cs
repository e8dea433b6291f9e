using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>Folds the log into an empty database of nobody else's, as fast as can be.</summary>
static class BulkFold
{
    /// <summary>Events of one transaction.</summary>
    const int EventsMax = 20_000;

    /// <param name="head">Where to end.</param>
    /// <param name="rounds">So often, having come there, to go on to where the head is by then.</param>
    public static async Task<(long Events, Position At)> Run(
        IEventLog log,
        IReadDatabase database,
        Position head,
        int rounds,
        IProgress<RebuildProgress>? progress,
        ILogger logger,
        CancellationToken cancel
    )
    {
        var projections = ReadModelProjections.All();
        var skipped = await SkippedEvents.Read(log, projections, cancel);
        var session = await database.OpenBulkWriter(cancel);
        await using var projector = await Projector.Open(database, session, projections, skipped, logger, cancel);
        var (count, at) = (0L, Position.Start);
        if (head == Position.Start)
            return (count, at);
        var pending = new List<RecordedEvent>();
        await foreach (var batch in log.Subscribe(at, Projector.StreamPrefixes(projections), cancel))
        {
            if (batch.Upto >= head && rounds-- > 0)
                head = await log.Head(cancel); // before the batch is cut at it
            pending.AddRange(batch.Events.TakeWhile(recorded => recorded.Position <= head));
            at = batch.Upto < head ? batch.Upto : head;
            if (pending.Count < EventsMax && at < head)
                continue;
            await projector.Apply(pending, at, cancel);
            count += pending.Count;
            pending.Clear();
            progress?.Report(new(at, head, count));
            if (at >= head)
                break;
        }
        return (count, at);
    }
}
