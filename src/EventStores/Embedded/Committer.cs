using System.Diagnostics.Metrics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using static SQLitePCL.raw;

namespace Varve.EventStores.Embedded;

/// <summary>
/// The thread that writes. It takes all appends that wait, applies them in one transaction, each judged by itself, and
/// answers when the transaction is on stable storage: one fsync for all. A lone append is written on its caller's.
/// </summary>
sealed class Committer : IAsyncDisposable
{
    /// <summary>Pages of 4 KiB. Measured: 8,192 cost the same CPU an event, and twice the 99th percentile of latency,
    /// since the commits' fsync waits for the checkpoint's.</summary>
    const int CheckpointPages = 2_048;

    /// <summary>Beyond it (256 MiB) the writer waits for readers rather than let the WAL grow.</summary>
    const int WalPagesMax = 65_536;

    static readonly Meter Meter = new("Varve.EventStores");
    static readonly Counter<long> CommitsCounted = Meter.CreateCounter<long>("varve.eventstore.commits");
    static readonly Counter<long> EventsCounted = Meter.CreateCounter<long>("varve.eventstore.events");

    readonly string path;
    readonly TimeProvider time;
    readonly ILogger logger;
    readonly AppendQueue queue;
    readonly Tail tail;
    readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    LogWriter? writer;
    Task<bool> checkpoint = Task.FromResult(false);
    int pagesWritten;
    long commits;
    long events;

    public Committer(string path, LogWriter writer, AppendQueue queue, Tail tail, TimeProvider time, ILogger logger)
    {
        (this.path, this.writer, this.queue, this.tail) = (path, writer, queue, tail);
        (this.time, this.logger) = (time, logger);
        new Thread(Run) { Name = "varve event log", IsBackground = true }.Start();
    }

    public long Commits => Volatile.Read(ref commits);

    public long Events => Volatile.Read(ref events);

    /// <summary>Commits on the caller's thread, where nobody else is about.</summary>
    /// <returns>False: others are; the append belongs into the queue.</returns>
    public bool TryCommit(PendingAppend append)
    {
        if (!queue.TryEnter())
            return false;
        Settle([append]);
        return true;
    }

    /// <summary>Whether a stream is known to have no event from a revision on.</summary>
    public bool EndsBefore(string stream, long revision) => writer?.EndsBefore(stream, revision) ?? false;

    /// <summary>Answers all that was accepted, and no more.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Dispose();
        await stopped.Task;
    }

    void Run()
    {
        var batch = new List<PendingAppend>();
        while (queue.Take(batch))
            Settle(batch);
        Close();
        stopped.SetResult();
    }

    void Settle(List<PendingAppend> batch)
    {
        try
        {
            Commit(batch);
            foreach (var append in batch)
                append.Succeed();
            TendWal();
        }
        catch (Exception exception) // whatever it is, the next batch must find a thread that works
        {
            Fail(batch, exception);
        }
        queue.Leave(batch.Count);
    }

    void Commit(List<PendingAppend> batch)
    {
        if (writer is null)
        {
            writer = new(path);
            tail.Restart(writer.Head);
        }
        var now = time.GetUtcNow();
        writer.Begin();
        foreach (var append in batch)
            append.Result = writer.Apply(append, now);
        writer.Commit();
        if (writer.Written.Count == 0)
            return;
        Interlocked.Increment(ref commits);
        Interlocked.Add(ref events, writer.Written.Count);
        CommitsCounted.Add(1);
        EventsCounted.Add(writer.Written.Count);
        tail.Publish(writer.Written); // before the answers: projections start while the callers wake
    }

    void Fail(List<PendingAppend> batch, Exception exception)
    {
        logger.CommitFailed(exception, batch.Count);
        writer?.Dispose();
        writer = null;
        foreach (var append in batch)
            append.Fail(new EventStoreUnavailableException($"The log {path} could not be written.", exception));
    }

    /// <summary>
    /// A checkpoint of much runs beside the writer, on its own connection; the little that was written meanwhile is
    /// the writer's, since the WAL starts anew only when nothing is left in it.
    /// </summary>
    void TendWal()
    {
        if (!checkpoint.IsCompleted)
            return;
        try
        {
            if (checkpoint.GetAwaiter().GetResult())
            {
                checkpoint = Task.FromResult(false);
                if (writer!.Checkpoint(SQLITE_CHECKPOINT_PASSIVE) > WalPagesMax)
                    writer.Checkpoint(SQLITE_CHECKPOINT_RESTART);
            }
            pagesWritten += writer!.TakePagesWritten();
            if (pagesWritten < CheckpointPages)
                return;
            pagesWritten = 0;
            checkpoint = Task.Factory.StartNew(
                Checkpoint,
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
        }
        catch (SqliteException exception)
        {
            logger.CheckpointFailed(exception);
        }
    }

    /// <returns>True: the writer has the rest to do.</returns>
    bool Checkpoint()
    {
        try
        {
            using var database = new Database(path, Access.ReadWrite, TimeSpan.Zero);
            database.Checkpoint(SQLITE_CHECKPOINT_PASSIVE);
            return true;
        }
        catch (SqliteException exception)
        {
            logger.CheckpointFailed(exception);
            return false;
        }
    }

    void Close()
    {
        try
        {
            checkpoint.GetAwaiter().GetResult();
            writer?.Checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
            writer?.Dispose();
        }
        catch (SqliteException exception)
        {
            logger.CheckpointFailed(exception); // what is in the WAL is read from there at the next start
        }
    }
}
