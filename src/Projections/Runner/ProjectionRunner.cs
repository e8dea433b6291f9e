using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Uploads;

namespace Varve.Projections.Runner;

/// <summary>
/// Keeps the read models of one database up to date: follows the log, writes each batch in one transaction, and tells
/// the barrier and the progress view afterwards. Several runners on one database are safe: one moves on, the others
/// stand by. It can be sent to another database while it runs. Run it once.
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

    readonly ProjectionMetrics metrics = new(clock, barrier);
    readonly Channel<bool> mayGoOn = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    readonly Channel<Move> moves = Channel.CreateBounded<Move>(1);
    IReadDatabase database = database;
    TimeSpan backoff = BackoffLeast;
    long checkpoint;

    /// <summary>How far the read models are, as this runner knows.</summary>
    public Position Checkpoint => new(Volatile.Read(ref checkpoint));

    /// <summary>What it waits to be over, such as a full disk; null while it follows the log.</summary>
    public string? Fault { get; private set; }

    /// <summary>Has something to read when a stopped projection may go on, which takes a rebuild.</summary>
    public ChannelReader<bool> MayGoOn => mayGoOn.Reader;

    /// <summary>Goes on in another database, which lacks the last events at most. One move at a time.</summary>
    /// <param name="arrived">Called between two batches, when the other one shows all that the barrier has let pass:
    /// from then on it is what readers are to be given.</param>
    /// <param name="cancel">Stops the wait for an earlier move; this one, once begun, is seen to its end.</param>
    /// <returns>When that has been done.</returns>
    /// <exception cref="InvalidOperationException">It can't follow there, and stays where it was.</exception>
    /// <exception cref="OperationCanceledException">The runner ends.</exception>
    public async Task MoveTo(IReadDatabase next, Action arrived, CancellationToken cancel)
    {
        var move = new Move(next, arrived);
        await moves.Writer.WriteAsync(move, cancel);
        await move.Done.Task;
    }

    /// <summary>Follows the log until cancelled. Faults are logged and tried again, with growing pauses.</summary>
    /// <exception cref="DbException">The database is damaged: the next start builds it anew.</exception>
    public async Task Run(CancellationToken cancel)
    {
        try
        {
            await FollowOnAndOn(cancel);
        }
        finally
        {
            moves.Writer.Complete();
            while (moves.Reader.TryRead(out var late))
                late.Done.SetCanceled(CancellationToken.None);
        }
    }

    async Task FollowOnAndOn(CancellationToken cancel)
    {
        Move? move = null;
        while (!cancel.IsCancellationRequested)
            try
            {
                move = await Follow(move, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                move?.Done.TrySetCanceled(cancel);
                return;
            }
            catch (Exception fault) when (move is { Done.Task.IsCompleted: false })
            {
                move.Done.SetException(new InvalidOperationException(fault.Message, fault));
                move = null;
            }
            catch (Exception fault)
            {
                move = null;
                metrics.Stood();
                Fault = fault.Message;
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

    /// <returns>Where to go next: somebody asked for it.</returns>
    async Task<Move?> Follow(Move? move, CancellationToken cancel)
    {
        var place = move?.To ?? database;
        var skipped = await SkippedEvents.Read(store, projections, cancel);
        var session = await place.OpenWriter(cancel);
        await using var projector = await Projector.Open(place, session, projections, skipped, logger, cancel);
        await UploadQueries.Fill(session, progress, cancel);
        Reached(projector, move);
        logger.RunnerStarted(projector.Checkpoint);

        using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var leaving = LeaveWhenAsked(turn);
        try
        {
            var prefixes = Projector.StreamPrefixes(projections);
            await foreach (var batch in store.Subscribe(projector.Checkpoint, prefixes, turn.Token))
            {
                using var span = Traces.StartLinked("project", batch.Events);
                span?.SetTag("varve.events", batch.Events.Count).SetTag("varve.position", batch.Upto.Value);
                await projector.Apply(batch.Events, batch.Upto, cancel);
                foreach (var recorded in batch.Events)
                    await Tell(recorded, cancel); // before the barrier opens: who has the answer sees the progress
                Reached(projector, move);
                metrics.Applied(batch.Events);
                (backoff, Fault) = (BackoffLeast, null);
                await metrics.Looked(store, batch, cancel);
                if (batch.Live)
                    await barrier.Wanted(GatherMax, turn.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && moves.Reader.TryRead(out move))
        {
            return move;
        }
        finally
        {
            await turn.CancelAsync();
            await leaving;
        }
        return null;
    }

    /// <summary>Cuts the subscription, and no transaction, when there is another database to go to.</summary>
    async Task LeaveWhenAsked(CancellationTokenSource turn)
    {
        try
        {
            if (await moves.Reader.WaitToReadAsync(turn.Token))
                await turn.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            return; // the turn ended otherwise
        }
    }

    void Reached(Projector projector, Move? move)
    {
        var position = projector.Checkpoint;
        if (move is { Done.Task.IsCompleted: false })
        {
            if (position < barrier.Reached)
                return; // who has seen more must not see less
            database = move.To;
            move.Arrived();
            move.Done.SetResult();
        }
        Volatile.Write(ref checkpoint, position.Value);
        barrier.Stopped = [.. projector.Stopped];
        barrier.Advance(position);
        if (projector.MayGoOn)
            mayGoOn.Writer.TryWrite(true);
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

    /// <param name="To">Where to go on.</param>
    sealed record Move(IReadDatabase To, Action Arrived)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
