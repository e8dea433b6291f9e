using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>
/// The read models in a MySQL server. The tables in use are in the database that users know; a rebuild fills a database
/// beside it (<c>…_next</c>), and then all tables change places by one RENAME, which readers only wait for. For several
/// processes at once; one at a time rebuilds, the one that holds the projector's lease.
/// </summary>
/// <param name="live">The tables in use.</param>
/// <param name="shards">Tables that <c>tbl_file</c> should be: 1, 16 or 256.</param>
public sealed class MySqlReadGenerations(
    MySqlServer server,
    MySqlReadDatabase live,
    int shards,
    IEventLog log,
    TimeProvider clock,
    ILogger<MySqlReadGenerations> logger
) : IReadGenerations
{
    readonly MySqlReadDatabase live = live;
    static readonly TimeSpan WaitForOther = TimeSpan.FromSeconds(1);

    readonly string inUse = server.Database;
    readonly string next = $"{server.Database}_next";
    readonly string before = $"{server.Database}_before";
    int number;

    public int Number => Volatile.Read(ref number);

    /// <summary>The tables may be cut otherwise than they should be.</summary>
    public async ValueTask<string?> Outdated(CancellationToken cancel)
    {
        await live.LayoutChanged(cancel);
        return live.Shards == shards ? null : $"tbl_file is cut into {live.Shards}, and should be into {shards}";
    }

    /// <summary>Returns when the tables in use can be used.</summary>
    /// <param name="build">They are built, if they can't, as no other process does; else it is waited for who
    /// does.</param>
    public async Task Open(bool build, IProgress<RebuildProgress>? progress, CancellationToken cancel)
    {
        await MySqlMigrations.Run(server, cancel);
        while (true)
        {
            var (generation, wrong) = await Look(cancel);
            if (generation is not null && wrong is null)
            {
                await live.LayoutChanged(cancel);
                return;
            }
            if (!build || await TakeTurn(cancel) is not { } turn)
            {
                logger.WaitingForRebuild(wrong ?? "there are none");
                await Task.Delay(WaitForOther, clock, cancel);
                continue;
            }
            if (await Look(cancel) is (not null, null)) // another process has built them meanwhile
            {
                await turn.DisposeAsync();
                continue;
            }
            await using var next = await Build(wrong ?? "there are none", rounds: 3, turn, progress, cancel);
            await next.Use(cancel);
        }
    }

    public async Task<NextGeneration> BuildNext(
        string reason,
        int rounds,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    ) =>
        await TakeTurn(cancel) is { } turn
            ? await Build(reason, rounds, turn, progress, cancel)
            : throw new InvalidOperationException("Another process rebuilds the read models.");

    /// <summary>One process at a time.</summary>
    ValueTask<MySqlLock?> TakeTurn(CancellationToken cancel) =>
        MySqlLock.TryTake(server, "rebuild", TimeSpan.Zero, cancel);

    async Task<NextGeneration> Build(
        string reason,
        int rounds,
        MySqlLock turn,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        logger.RebuildStarted(next, reason);
        try
        {
            await Look(cancel); // another process may have rebuilt since
            await using (var admin = await server.Connect("", cancel))
            {
                await MySqlServer.Run(admin, $"DROP DATABASE IF EXISTS {next}; CREATE DATABASE {next}", cancel);
                await admin.ChangeDatabaseAsync(next, cancel);
                await MySqlServer.Run(admin, MySqlSchema.Script(shards, MySqlSchema.IsMariaDb(admin)), cancel);
            }
            await using (var session = new SqlSession(await server.Connect(next, cancel)))
                await MySqlGeneration.Write(session, Number + 1, shards, cancel);
            var database = new MySqlReadDatabase(server, replica: null, next, clock);
            await database.LayoutChanged(cancel);
            var head = await log.Head(cancel);
            var (events, at) = await BulkFold.Run(log, database, head, rounds, progress, logger, cancel);
            logger.RebuildDone(events, at);
            return new Next(this, database, turn);
        }
        catch
        {
            await turn.DisposeAsync();
            throw;
        }
    }

    /// <returns>What there is, and why it can't be used.</returns>
    async ValueTask<(MySqlGeneration? Found, string? Wrong)> Look(CancellationToken cancel)
    {
        await using var session = new SqlSession(await server.Connect(inUse, cancel));
        if (!(await TablesIn(session, inUse, cancel)).Contains("tbl_generation"))
            return (null, null);
        if (await MySqlGeneration.Read(session, cancel) is not { } found)
            return (null, null);
        Volatile.Write(ref number, found.Number);
        if (found.Fingerprint != MySqlSchema.Fingerprint)
            return (found, "their schema is another one");
        if (found.Condemned is { } reason)
            return (found, reason);
        return await Projector.ReadCheckpoint(session, cancel) > await log.Head(cancel)
            ? (found, "they are ahead of the log")
            : (found, null);
    }

    /// <summary>All tables change places in one statement.</summary>
    async ValueTask Swap(CancellationToken cancel)
    {
        await using var session = new SqlSession(await server.Connect(next, cancel));
        await session.Execute(new($"DROP DATABASE IF EXISTS {before}"), cancel);
        await session.Execute(new($"CREATE DATABASE {before}"), cancel);
        IEnumerable<string> leaving =
        [
            .. (await TablesIn(session, inUse, cancel))
                .Where(MySqlSchema.Has)
                .Select(table => $"{inUse}.{table} TO {before}.{table}"),
            .. (await TablesIn(session, next, cancel)).Select(table => $"{next}.{table} TO {inUse}.{table}"),
        ];
        await session.Execute(new($"RENAME TABLE {string.Join(", ", leaving)}"), cancel);
        Interlocked.Increment(ref number);
    }

    async ValueTask DropUnused(CancellationToken cancel)
    {
        await using var admin = await server.Connect("", cancel);
        await MySqlServer.Run(admin, $"DROP DATABASE IF EXISTS {next}; DROP DATABASE IF EXISTS {before}", cancel);
    }

    static ValueTask<List<string>> TablesIn(SqlSession session, string database, CancellationToken cancel) =>
        session.All(
            new(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = @database ORDER BY table_name",
                database
            ),
            row => row.GetString(0),
            cancel
        );

    sealed class Next(MySqlReadGenerations generations, MySqlReadDatabase filled, MySqlLock turn) : NextGeneration
    {
        public override IReadDatabase Database => filled;

        public override async ValueTask<IReadDatabase> Use(CancellationToken cancel)
        {
            await generations.Swap(cancel);
            await generations.live.LayoutChanged(cancel);
            return generations.live;
        }

        public override async ValueTask DisposeAsync()
        {
            await using var ending = turn;
            await generations.DropUnused(CancellationToken.None);
        }
    }
}
