using System.Data.Common;

namespace Varve.Projections.Databases;

/// <summary>Where the read models are kept: SQLite in the data folder, or MySQL. Thread-safe.</summary>
public interface IReadDatabase : IAsyncDisposable
{
    /// <summary>A session of one's own that may write. The caller disposes it.</summary>
    ValueTask<SqlSession> OpenWriter(CancellationToken cancel);

    /// <summary>As <see cref="OpenWriter"/>, for filling tables that nobody reads yet, as fast as can be: after a
    /// crash they may be worth nothing.</summary>
    ValueTask<SqlSession> OpenBulkWriter(CancellationToken cancel);

    /// <summary>Borrows a session that only reads; disposing the lease gives it back.</summary>
    ValueTask<ReadLease> Read(CancellationToken cancel);

    /// <summary>As <see cref="Read"/>, for what is long and may be read elsewhere: where a replica has all that the
    /// rows here have now, it reads there.</summary>
    ValueTask<ReadLease> ReadAside(CancellationToken cancel) => Read(cancel);

    /// <summary>Asked after a fault: whether the tables are named otherwise than was known. Then the statement is to be
    /// run again.</summary>
    ValueTask<bool> LayoutChanged(CancellationToken cancel) => ValueTask.FromResult(false);

    /// <summary>What a failed statement says about itself and about the database.</summary>
    SqlFault Judge(DbException fault);

    /// <summary>The rows are not to be trusted any more: they are built anew at the next start.</summary>
    ValueTask Condemn(string reason);
}

public enum SqlFault
{
    /// <summary>Busy, full, out of reach: the same statement may succeed later.</summary>
    Passing,

    /// <summary>The statement itself can't be done, however often it is tried.</summary>
    Statement,

    /// <summary>The database is damaged.</summary>
    Damage,
}
