using System.Data.Common;
using MySqlConnector;
using Varve.EventStores;

namespace Varve.Projections.Databases;

/// <summary>Read models in a MySQL database. Many processes read, one writes.</summary>
/// <param name="replica">May lag, and may be down; null for none.</param>
public sealed class MySqlReadDatabase(MySqlServer server, MySqlServer? replica, string database, TimeProvider clock)
    : IReadDatabase
{
    /// <summary>So long a replica that was out of reach is not asked again: connecting takes time.</summary>
    static readonly TimeSpan ReplicaRest = TimeSpan.FromSeconds(2);

    int shards = 1;
    long replicaRestsUntil;

    /// <summary>Tables that <c>tbl_file</c> is, as far as is known: see <see cref="LayoutChanged"/>.</summary>
    public int Shards => Volatile.Read(ref shards);

    public async ValueTask<SqlSession> OpenWriter(CancellationToken cancel) =>
        new(await server.Connect(database, cancel), Shards);

    public async ValueTask<SqlSession> OpenBulkWriter(CancellationToken cancel)
    {
        var connection = await server.Connect(database, cancel);
        await MySqlServer.Run(connection, "SET SESSION unique_checks = 0, foreign_key_checks = 0", cancel);
        return new(connection, Shards);
    }

    public async ValueTask<ReadLease> Read(CancellationToken cancel) =>
        new(new SqlSession(await server.Connect(database, cancel), Shards), pool: null);

    /// <summary>Reads from the replica if that has all that the primary has now: which costs the primary one row.
    /// </summary>
    public async ValueTask<ReadLease> ReadAside(CancellationToken cancel)
    {
        var here = await Read(cancel);
        if (replica is null || clock.GetTimestamp() < Volatile.Read(ref replicaRestsUntil))
            return here;
        try
        {
            var needed = await Runner.Projector.ReadCheckpoint(here.Session, cancel);
            if (await ReadReplica(needed, cancel) is not { } there)
                return here;
            here.Dispose();
            return there;
        }
        catch
        {
            here.Dispose();
            throw;
        }
    }

    /// <returns>Null if the replica is down, or behind what is needed.</returns>
    async ValueTask<ReadLease?> ReadReplica(Position needed, CancellationToken cancel)
    {
        try
        {
            var there = new SqlSession(await replica!.Connect(database, cancel), Shards);
            try
            {
                if (await Runner.Projector.ReadCheckpoint(there, cancel) >= needed)
                    return new ReadLease(there, pool: null);
            }
            catch
            {
                await there.DisposeAsync();
                throw;
            }
            await there.DisposeAsync();
        }
        catch (MySqlException)
        {
            Volatile.Write(
                ref replicaRestsUntil,
                clock.GetTimestamp() + (long)(ReplicaRest.TotalSeconds * clock.TimestampFrequency)
            );
        }
        return null;
    }

    public async ValueTask<bool> LayoutChanged(CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        var found = (await MySqlGeneration.Read(lease.Session, cancel))?.Shards ?? Shards;
        return Interlocked.Exchange(ref shards, found) != found;
    }

    public SqlFault Judge(DbException fault) => MySqlServer.Judge(fault);

    public async ValueTask Condemn(string reason)
    {
        using var lease = await Read(CancellationToken.None);
        await MySqlGeneration.Condemn(lease.Session, reason, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
