using System.Data.Common;

namespace Varve.Projections.Databases;

/// <summary>The read database in use, for readers whom it must not concern that another one takes its place.
/// Thread-safe.</summary>
public sealed class CurrentReadDatabase(SqliteReadDatabase first) : IReadDatabase
{
    SqliteReadDatabase current = first;

    /// <summary>The file in use.</summary>
    public SqliteReadDatabase Database => Volatile.Read(ref current);

    public async ValueTask<ReadLease> Read(CancellationToken cancel)
    {
        while (true)
        {
            var database = Database;
            try
            {
                return await database.Read(cancel);
            }
            catch (Exception fault) when (fault is ObjectDisposedException or DbException && database != Database)
            {
                // It was replaced in between.
            }
        }
    }

    /// <summary>From now on readers get another one.</summary>
    /// <returns>The one before, which may still be read from.</returns>
    public SqliteReadDatabase Replace(SqliteReadDatabase next) => Interlocked.Exchange(ref current, next);

    public ValueTask<SqlSession> OpenWriter(CancellationToken cancel) => Database.OpenWriter(cancel);

    public ValueTask<SqlSession> OpenBulkWriter(CancellationToken cancel) => Database.OpenBulkWriter(cancel);

    public SqlFault Judge(DbException fault) => Database.Judge(fault);

    public ValueTask Condemn(string reason) => Database.Condemn(reason);

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
