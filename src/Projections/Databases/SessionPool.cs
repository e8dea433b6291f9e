using System.Collections.Concurrent;

namespace Varve.Projections.Databases;

/// <summary>Open sessions that wait for the next reader. Thread-safe.</summary>
/// <param name="keptMax">More than so many are closed when they come back.</param>
public sealed class SessionPool(Func<CancellationToken, ValueTask<SqlSession>> open, int keptMax) : IAsyncDisposable
{
    readonly ConcurrentStack<SqlSession> kept = new();
    volatile bool closed;

    /// <summary>Statements run by sessions that are here now.</summary>
    internal long Executions => kept.Sum(session => session.Executions);

    /// <summary>Rows read by sessions that are here now.</summary>
    internal long RowsRead => kept.Sum(session => session.RowsRead);

    public ValueTask<ReadLease> Rent(CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        return kept.TryPop(out var session) ? new(new ReadLease(session, this)) : Opened(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        closed = true;
        while (kept.TryPop(out var session))
            await session.DisposeAsync();
    }

    internal void Return(SqlSession session)
    {
        if (closed || !session.IsUsable || kept.Count >= keptMax)
            _ = session.DisposeAsync().AsTask();
        else
            kept.Push(session);
    }

    async ValueTask<ReadLease> Opened(CancellationToken cancel) => new(await open(cancel), this);
}
