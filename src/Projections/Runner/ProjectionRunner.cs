using System.Data.Common;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Redis;
using Varve.Projections.Uploads;

namespace Varve.Projections.Runner;

/// <summary>
/// Keeps the read models of one database up to date: follows the log, writes each batch in one transaction, and tells
/// the barrier and the progress view afterwards. Several runners on one database are safe: one moves on, the others
/// stand by. It can be sent to another database while it runs. Run it once.
/// </summary>
/// <param name="projections">In the order in which each event meets them; see
/// <see cref="ReadModelProjections.All"/>.</param>
/// <param name="signals">Tells other processes of each batch; null where there are none.</param>
/// <param name="lease">Where several processes could run: the one that has it does. Null where this is the only
/// one.</param>
public sealed class ProjectionRunner(
    IEventStore store,
    IReadDatabase database,
    IReadOnlyList<IProjection> projections,
    ProjectionBarrier barrier,
    IUploadProgress progress,
    TimeProvider clock,
    ILogger<ProjectionRunner> logger,
    MySqlLease? lease = null,
    RedisSignals? signals = null
) : IDisposable
{
    /// <summary>A transaction costs more than an event: while nobody waits for the rows, events gather.</summary>
    static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(10);

    static readonly TimeSpan BackoffLeast = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan BackoffMost = TimeSpan.FromSeconds(10);

    readonly ProjectionMetrics metrics = new(clock, barrier);
    readonly Channel<bool> lookAgain = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    readonly Channel<Move> moves = Channel.CreateBounded<Move>(1);
    IReadDatabase database = database;
    TimeSpan backoff = BackoffLeast;
    bool progressLost;
    long checkpoint;

    /// <summary>How far the read models are, as this runner knows.</summary>
    public Position Checkpoint => new(Volatile.Read(ref checkpoint));

    /// <summary>What it waits to be over, such as a full disk; null while it follows the log.</summary>
    public string? Fault { get; private set; }

    /// <summary>Has something to read when a rebuild may be needed: it begins to follow the log, or
    /// <see cref="StoppedMayGoOn"/>.</summary>
    public ChannelReader<bool> LookAgain => lookAgain.Reader;

    /// <summary>Whether a projection stands before an event that it has been told to leave out since, which takes a
    /// rebuild.</summary>
    public bool StoppedMayGoOn { get; private set; }

    /// <summary>Whether another process would follow the log in its place.</summary>
    public bool StandsBy => lease is { Held: false };

    /// <summary>Goes on in another generation, which lacks the last events at most. One move at a time.</summary>
    /// <param name="cancel">Stops the wait for an earlier move; this one, once begun, is seen to its end.</param>
    /// <returns>When it is in use: between two batches, when it shows all that the barrier has let pass.</returns>
    /// <exception cref="InvalidOperationException">It can't follow there, and stays where it was; or it stands by.
    /// </exception>
    /// <exception cref="OperationCanceledException">The runner ends.</exception>
    public async Task MoveTo(NextGeneration next, CancellationToken cancel)
    {
        var move = new Move(next);
        await moves.Writer.WriteAsync(move, cancel);
        if (StandsBy)
            RefuseMoves();
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
        MySqlLease.Tenure? tenure = null;
        Move? move = null;
        while (!cancel.IsCancellationRequested)
            try
            {
                if (lease is not null && tenure is null)
                    tenure = await lease.Acquire(cancel);
                move = await Follow(move, tenure?.Lost ?? CancellationToken.None, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                move?.Done.TrySetCanceled(cancel);
            }
            catch (Exception fault) when (move is { Done.Task.IsCompleted: false })
            {
                move.Done.SetException(new InvalidOperationException(fault.Message, fault));
                move = null;
            }
            catch (Exception fault)
            {
                move = null;
                // Where this process can't go on, another one may.
                await GiveBack(ref tenure);
                if (StandsBy)
                    RefuseMoves();
                await Stand(fault);
                await Pause(cancel);
            }
        await GiveBack(ref tenure);
    }

    /// <summary>Who waits for a move holds up whoever could rebuild elsewhere.</summary>
    void RefuseMoves()
    {
        while (moves.Reader.TryRead(out var move))
            move.Done.TrySetException(new InvalidOperationException("This process is not the projector now."));
    }

    static ValueTask GiveBack(ref MySqlLease.Tenure? tenure) =>
        Interlocked.Exchange(ref tenure, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    async ValueTask Stand(Exception fault)
    {
        metrics.Stood();
        Fault = fault.Message;
        if (fault is FencedException)
            logger.RunnerFenced(Checkpoint);
        else if (fault is DbException sql && database.Judge(sql) == SqlFault.Damage)
        {
            logger.ReadModelsDamaged(sql);
            await database.Condemn(sql.Message);
            ExceptionDispatchInfo.Throw(fault);
        }
        else
            logger.RunnerFailed(Checkpoint, backoff, fault);
    }

    /// <summary>The progress view was out of reach: between two batches it is told anew of every open upload.</summary>
    public void FillProgress() => Volatile.Write(ref progressLost, true);

    public void Dispose() => metrics.Dispose();

    /// <returns>Where to go next: somebody asked for it.</returns>
    async Task<Move?> Follow(Move? move, CancellationToken lost, CancellationToken cancel)
    {
        var place = move?.To.Database ?? database;
        var skipped = await SkippedEvents.Read(store, projections, cancel);
        var session = await place.OpenWriter(cancel);
        await using var projector = await Projector.Open(place, session, projections, skipped, logger, cancel);
        await TellAll(session, cancel);
        if (await Reached(projector, move, cancel) != place)
            return null;
        logger.RunnerStarted(projector.Checkpoint);
        lookAgain.Writer.TryWrite(true);

        using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancel, lost);
        var leaving = LeaveWhenAsked(turn);
        try
        {
            var prefixes = Projector.StreamPrefixes(projections);
            await foreach (var batch in store.Subscribe(projector.Checkpoint, prefixes, turn.Token))
            {
                using var span = Traces.StartLinked("project", batch.Events);
                span?.SetTag("varve.events", batch.Events.Count).SetTag("varve.position", batch.Upto.Value);
                await projector.Apply(batch.Events, batch.Upto, cancel);
                if (Volatile.Read(ref progressLost))
                    await TellAll(session, cancel);
                foreach (var recorded in batch.Events)
                    await Tell(recorded, cancel); // before the barrier opens: who has the answer sees the progress
                if (await Reached(projector, move, cancel) != place)
                    return null;
                metrics.Applied(batch.Events);
                (backoff, Fault) = (BackoffLeast, null);
                await metrics.Looked(store, batch, cancel);
                if (batch.Live)
                    await barrier.Wanted(GatherMax, turn.Token);
            }
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new InvalidOperationException("The lease of the projector is lost.");
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

    /// <returns>Where to go on.</returns>
    async ValueTask<IReadDatabase> Reached(Projector projector, Move? move, CancellationToken cancel)
    {
        var position = projector.Checkpoint;
        if (move is { Done.Task.IsCompleted: false })
        {
            if (position < barrier.Reached)
                return move.To.Database; // who has seen more must not see less
            database = await move.To.Use(cancel);
        }
        Volatile.Write(ref checkpoint, position.Value);
        StoppedMayGoOn = projector.MayGoOn;
        barrier.Stopped = [.. projector.Stopped];
        barrier.Advance(position);
        signals?.Tell(position);
        move?.Done.TrySetResult();
        if (StoppedMayGoOn)
            lookAgain.Writer.TryWrite(true);
        return database;
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

    async ValueTask TellAll(SqlSession session, CancellationToken cancel)
    {
        Volatile.Write(ref progressLost, false);
        try
        {
            await UploadQueries.Fill(session, progress, cancel);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or DbException))
        {
            Volatile.Write(ref progressLost, true);
            logger.ProgressNotTold("every open upload", Checkpoint, fault);
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
    sealed record Move(NextGeneration To)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
