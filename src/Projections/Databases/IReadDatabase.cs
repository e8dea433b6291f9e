using System.Data.Common;

namespace Varve.Projections.Databases;

/// <summary>Where the read models are kept: SQLite in the data folder, or MySQL. Thread-safe.</summary>
public interface IReadDatabase : IAsyncDisposable
{
    /// <summary>A session of one's own that may write. The caller disposes it.</summary>
    ValueTask<SqlSession> OpenWriter(CancellationToken cancel);

    /// <summary>Borrows a session that only reads; disposing the lease gives it back.</summary>
    ValueTask<ReadLease> Read(CancellationToken cancel);

    /// <summary>What a failed statement says about itself and about the database.</summary>
    SqlFault Judge(DbException fault);

    /// <summary>The rows are not to be trusted any more: they are built anew at the next start.</summary>
    void Condemn(string reason);
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
