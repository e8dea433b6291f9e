using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Services;

namespace Varve.Projections.Tests;

/// <summary>Where read models are kept, for the tests that run over every such place.</summary>
public abstract class ReadStore
{
    /// <summary>How many random cases a property is tried on: fewer, where making the tables takes long.</summary>
    public abstract int Cases(int most);

    /// <summary>Empty read models.</summary>
    /// <param name="folder">Empty, for whatever is to be in files.</param>
    public abstract Task<(IReadDatabase Database, IReadGenerations Generations)> Open(string folder, IEventStore log);
}

public sealed class SqliteReadStore : ReadStore
{
    public override int Cases(int most) => most;

    public override async Task<(IReadDatabase Database, IReadGenerations Generations)> Open(
        string folder,
        IEventStore log
    )
    {
        var generations = Generations(folder, log);
        var database = new CurrentReadDatabase(await generations.Open(progress: null, LiveReadModels.Cancel));
        generations.Serve(database);
        return (database, generations);
    }

    public static ReadGenerations Generations(string folder, IEventStore log) =>
        new(folder, log, NullLogger<ReadGenerations>.Instance);
}

/// <summary>Databases of a MariaDB, each with a name of its own.</summary>
/// <param name="shards">Tables that <c>tbl_file</c> is.</param>
public sealed class MySqlReadStore(MariaDb server, int shards = 1, bool replica = false) : ReadStore
{
    static int made;

    public override int Cases(int most) => most / 5;

    public override async Task<(IReadDatabase Database, IReadGenerations Generations)> Open(
        string folder,
        IEventStore log
    )
    {
        var name = $"test_{Interlocked.Increment(ref made)}";
        var (database, generations) = Generations(name, shards, log);
        await generations.Open(build: true, progress: null, LiveReadModels.Cancel);
        return (database, generations);
    }

    public (MySqlReadDatabase Database, MySqlReadGenerations Generations) Generations(
        string name,
        int shards,
        IEventStore log
    )
    {
        var primary = MySqlServer.Parse(server.Url + name);
        var second = replica ? MySqlServer.Parse(server.ReplicaUrl + name) : null;
        var database = new MySqlReadDatabase(primary, second, name, TimeProvider.System);
        return (
            database,
            new(primary, database, shards, log, TimeProvider.System, NullLogger<MySqlReadGenerations>.Instance)
        );
    }
}
