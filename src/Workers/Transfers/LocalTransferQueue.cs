using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Varve.Workers.Transfers;

/// <summary>
/// Messages in a file of this machine, <c>transfers.db</c>, for one process. One connection, used in turns; every commit
/// is on stable storage. A message that is there already is not added again.
/// </summary>
public sealed class LocalTransferQueue : ITransferQueue
{
    const string Schema = """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
        CREATE TABLE IF NOT EXISTS transfer (
          id       INTEGER PRIMARY KEY,
          tier     TEXT NOT NULL,
          message  TEXT NOT NULL,
          attempts INTEGER NOT NULL,  -- that failed
          due      INTEGER NOT NULL,  -- .NET ticks, UTC; once it is set aside: 9223372036854775807
          reason   TEXT NULL,         -- of the last failure
          at       INTEGER NOT NULL,  -- of the last change, .NET ticks, UTC
          UNIQUE (tier, message)
        );
        CREATE INDEX IF NOT EXISTS transfer_due ON transfer (tier, due, id);
        """;

    const string Insert = """
        INSERT OR IGNORE INTO transfer (tier, message, attempts, due, reason, at)
        VALUES (@tier, @message, 0, @now, NULL, @now)
        """;

    const string SelectDue = """
        SELECT id, message, attempts, due FROM transfer WHERE tier = @tier AND due < @end ORDER BY due, id LIMIT @limit
        """;

    const string Delay =
        "UPDATE transfer SET attempts = attempts + 1, due = @due, reason = @reason, at = @now WHERE id = @id";
    const string Delete = "DELETE FROM transfer WHERE id = @id";

    const string Count = """
        SELECT COALESCE(SUM(due < @end AND attempts = 0), 0), COALESCE(SUM(due < @end AND attempts > 0), 0),
          COALESCE(SUM(due = @end), 0)
        FROM transfer WHERE tier = @tier
        """;

    const string SelectFailed = """
        SELECT message, reason, at FROM transfer WHERE tier = @tier AND due = @end ORDER BY at, id LIMIT @limit
        """;

    const string Again = "UPDATE transfer SET attempts = 0, due = @now, at = @now WHERE tier = @tier AND due = @end";

    /// <summary>When what was set aside is due.</summary>
    const long Never = long.MaxValue;

    /// <summary>Looks at the clock again, which may have been set.</summary>
    static readonly TimeSpan WaitMost = TimeSpan.FromSeconds(10);

    readonly SqliteConnection connection;
    readonly TransferPace pace;
    readonly TimeProvider clock;
    readonly Lock turn = new();
    readonly HashSet<long> handed = [];
    TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static LocalTransferQueue() => Batteries_V2.Init();

    /// <summary>Opens the file, or makes it.</summary>
    public LocalTransferQueue(string path, TransferPace pace, TimeProvider clock)
    {
        (this.pace, this.clock) = (pace, clock);
        connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Execute(Schema);
    }

    public string? Fault => null;

    public Task Publish(string tier, IReadOnlyList<TransferData> transfers, CancellationToken cancel)
    {
        lock (turn)
        {
            using var transaction = connection.BeginTransaction();
            foreach (var transfer in transfers)
                Execute(Insert, ("@tier", tier), ("@message", Encoding.UTF8.GetString(transfer.Encode())), Now);
            transaction.Commit();
            Change();
        }
        return Task.CompletedTask;
    }

    public Task Consume(string tier, ITransferConsumer consumer, CancellationToken cancel) =>
        Parallel.ForEachAsync(
            Due(tier, cancel),
            new ParallelOptions { MaxDegreeOfParallelism = pace.AtOnce, CancellationToken = cancel },
            (message, inner) => Hand(message, consumer, inner)
        );

    public Task<TransferQueueState> Read(string tier, int failedMax, CancellationToken cancel)
    {
        lock (turn)
        {
            var failed = Query(
                SelectFailed,
                row => new FailedTransfer(row.GetString(0), row.GetString(1), new(row.GetInt64(2), TimeSpan.Zero)),
                ("@tier", tier),
                ("@end", Never),
                ("@limit", failedMax)
            );
            var state = Query(
                Count,
                row => new TransferQueueState(tier, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), failed),
                ("@tier", tier),
                ("@end", Never)
            );
            return Task.FromResult(state[0]);
        }
    }

    public Task<long> Retry(string tier, CancellationToken cancel)
    {
        lock (turn)
        {
            long again = Execute(Again, ("@tier", tier), ("@end", Never), Now);
            Change();
            return Task.FromResult(again);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (turn)
            connection.Dispose();
        return ValueTask.CompletedTask;
    }

    (string, object) Now => ("@now", clock.GetUtcNow().UtcTicks);

    /// <summary>Messages as they come due, each once until it is settled.</summary>
    async IAsyncEnumerable<Message> Due(string tier, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var (due, wait, change) = Next(tier);
            if (due is not null)
                yield return due;
            else
                await Task.WhenAny(change, Task.Delay(wait, clock, cancel));
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <returns>The next message that is due, which then is handed out; or how long to wait for one.</returns>
    (Message? Due, TimeSpan Wait, Task Changed) Next(string tier)
    {
        lock (turn)
        {
            var first = Query(
                    SelectDue,
                    row => new Message(row.GetInt64(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3)),
                    ("@tier", tier),
                    ("@end", Never),
                    ("@limit", handed.Count + 1)
                )
                .Find(message => !handed.Contains(message.Id));
            var ticks = (first?.Due ?? Never) - clock.GetUtcNow().UtcTicks;
            if (ticks > 0)
                return (null, TimeSpan.FromTicks(Math.Min(ticks, WaitMost.Ticks)), changed.Task);
            handed.Add(first!.Id);
            return (first, TimeSpan.Zero, changed.Task);
        }
    }

    async ValueTask Hand(Message message, ITransferConsumer consumer, CancellationToken cancel)
    {
        try
        {
            var data = TransferData.Decode(Encoding.UTF8.GetBytes(message.Text));
            try
            {
                await consumer.Transfer(data, cancel);
                Settle(Delete, ("@id", message.Id));
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                var again = message.Attempts < pace.Delays.Count;
                if (again)
                    consumer.Delayed(data, fault, pace.Delays[message.Attempts]);
                else
                    await consumer.GaveUp(data, fault, cancel);
                var due = again ? (clock.GetUtcNow() + pace.Delays[message.Attempts]).UtcTicks : Never;
                Settle(Delay, ("@due", due), ("@reason", fault.Message), Now, ("@id", message.Id));
            }
        }
        finally
        {
            lock (turn)
            {
                handed.Remove(message.Id);
                Change();
            }
        }
    }

    void Settle(string sql, params (string Name, object Value)[] arguments)
    {
        lock (turn)
            Execute(sql, arguments);
    }

    void Change()
    {
        changed.SetResult();
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    int Execute(string sql, params (string Name, object Value)[] arguments)
    {
        using var command = Command(sql, arguments);
        return command.ExecuteNonQuery();
    }

    List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params (string Name, object Value)[] arguments)
    {
        using var command = Command(sql, arguments);
        using var rows = command.ExecuteReader();
        var found = new List<T>();
        while (rows.Read())
            found.Add(read(rows));
        return found;
    }

    SqliteCommand Command(string sql, (string Name, object Value)[] arguments)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in arguments)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    sealed record Message(long Id, string Text, int Attempts, long Due);
}
