using System.Data.Common;
using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Uploads;

namespace Varve.Projections.Runner;

/// <summary>
/// Keeps the read models of one database up to date: follows the log, writes each batch in one transaction, and tells
/// the barrier and the progress view afterwards. Several runners on one database are safe: one moves on, the others
/// stand by. Run it once.
/// </summary>
/// <param name="projections">In the order in which each event meets them; see
/// <see cref="ReadModelProjections.All"/>.</param>
public sealed class ProjectionRunner(
    IEventStore store,
    IReadDatabase database,
    IReadOnlyList<IProjection> projections,
    ProjectionBarrier barrier,
    IUploadProgress progress,
    TimeProvider clock,
    ILogger<ProjectionRunner> logger
) : IDisposable
{
    /// <summary>A transaction costs more than an event: while nobody waits for the rows, events gather.</summary>
    static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(10);

    static readonly TimeSpan BackoffLeast = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan BackoffMost = TimeSpan.FromSeconds(10);

    readonly ProjectionMetrics metrics = new(clock);
    TimeSpan backoff = BackoffLeast;
    long checkpoint;

    /// <summary>How far the read models are, as this runner knows.</summary>
    public Position Checkpoint => new(Volatile.Read(ref checkpoint));

    /// <summary>Follows the log until cancelled. Faults are logged and tried again, with growing pauses.</summary>
    /// <exception cref="DbException">The database is damaged: the next start builds it anew.</exception>
    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            try
            {
                await Follow(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                metrics.Stopped();
                if (fault is FencedException)
                    logger.RunnerFenced(Checkpoint);
                else if (fault is DbException sql && database.Judge(sql) == SqlFault.Damage)
                {
                    logger.ReadModelsDamaged(sql);
                    database.Condemn(sql.Message);
                    throw;
                }
                else
                    logger.RunnerFailed(Checkpoint, backoff, fault);
                await Pause(cancel);
            }
    }

    public void Dispose() => metrics.Dispose();

    async Task Follow(CancellationToken cancel)
    {
        var session = await database.OpenWriter(cancel);
        await using var projector = await Projector.Open(database, session, projections, logger, cancel);
        await UploadQueries.Fill(session, progress, cancel);
        Reached(projector.Checkpoint);
        logger.RunnerStarted(projector.Checkpoint);

        var prefixes = Projector.StreamPrefixes(projections);
        await foreach (var batch in store.Subscribe(projector.Checkpoint, prefixes, cancel))
        {
            using var span = Traces.StartLinked("project", batch.Events);
            span?.SetTag("varve.events", batch.Events.Count).SetTag("varve.position", batch.Upto.Value);
            await projector.Apply(batch.Events, batch.Upto, cancel);
            foreach (var recorded in batch.Events)
                await Tell(recorded, cancel); // before the barrier opens: who has the answer sees the progress
            Reached(batch.Upto);
            metrics.Applied(batch.Events);
            backoff = BackoffLeast;
            await metrics.Looked(store, batch, cancel);
            if (batch.Live)
                await barrier.Wanted(GatherMax, cancel);
        }
    }

    void Reached(Position position)
    {
        Volatile.Write(ref checkpoint, position.Value);
        barrier.Advance(position);
    }

    /// <summary>The progress view may be lost and filled again: a fault there stops nothing.</summary>
    async ValueTask Tell(RecordedEvent recorded, CancellationToken cancel)
    {
        if (!recorded.Stream.StartsWith(UploadRows.Prefix, StringComparison.Ordinal))
            return;
        try
        {
            await progress.Feed(recorded, cancel);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.ProgressNotTold(recorded.Stream, recorded.Position, fault);
        }
    }

    async Task Pause(CancellationToken cancel)
    {
        try
        {
            await Task.Delay(backoff, clock, cancel);
        }
        catch (OperationCanceledException)
        {
            return; // Run sees it
        }
        backoff = backoff * 2 < BackoffMost ? backoff * 2 : BackoffMost;
    }
}
