using System.Collections.Concurrent;

namespace Varve.Projections.Databases;

/// <summary>Open sessions that wait for the next reader. Thread-safe.</summary>
/// <param name="keptMax">More than so many are closed when they come back.</param>
public sealed class SessionPool(Func<CancellationToken, ValueTask<SqlSession>> open, int keptMax) : IAsyncDisposable
{
    readonly ConcurrentStack<SqlSession> kept = new();
    readonly TaskCompletionSource allBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int users = 1; // leases, and the pool itself until it is closed
    int closed;

    /// <summary>Statements run by sessions that are here now.</summary>
    internal long Executions => kept.Sum(session => session.Executions);

    /// <summary>Rows read by sessions that are here now.</summary>
    internal long RowsRead => kept.Sum(session => session.RowsRead);

    /// <exception cref="ObjectDisposedException">The pool is closed.</exception>
    public async ValueTask<ReadLease> Rent(CancellationToken cancel)
    {
        Interlocked.Increment(ref users);
        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref closed) != 0, this);
            return new(kept.TryPop(out var session) ? session : await open(cancel), this);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>Lends no more, and returns when every session is back and closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref closed, 1) == 0)
            Leave();
        await allBack.Task;
        while (kept.TryPop(out var session))
            await session.DisposeAsync();
    }

    internal void Return(SqlSession session)
    {
        if (!session.IsUsable || kept.Count >= keptMax)
            _ = session.DisposeAsync().AsTask();
        else
            kept.Push(session);
        Leave();
    }

    void Leave()
    {
        if (Interlocked.Decrement(ref users) == 0)
            allBack.TrySetResult();
    }
}
