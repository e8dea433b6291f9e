using Varve.EventStores;
using Varve.Projections;
using Varve.Projections.Databases;
using Varve.Projections.Redis;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;

namespace Varve.Api.Hosting;

/// <summary>
/// The read models of a process: in the data folder, where it is the only one, or in a MySQL that several share. A
/// projector keeps them up to date; the others look how far it is. Dispose it when nothing of it runs any more.
/// </summary>
sealed class ReadSide : IAsyncDisposable
{
    readonly IReadDatabase database;
    readonly IReadGenerations generations;
    readonly ProjectionRunner? runner;
    readonly MySqlLease? lease;
    readonly CheckpointWatch? watch;
    readonly RedisSignals? signals;
    readonly IEventStore events;
    Task projecting = Task.CompletedTask;

    ReadSide(
        Settings settings,
        IEventStore events,
        IReadDatabase database,
        IReadGenerations generations,
        RedisServer? redis,
        ILoggerFactory loggers
    )
    {
        (this.events, this.database, this.generations, Redis) = (events, database, generations, redis);
        var clock = TimeProvider.System;
        Barrier = new ProjectionBarrier(settings.BarrierWait);
        Progress = redis is null ? new InMemoryUploadProgress() : new RedisUploadProgress(redis);
        Models = new ReadModels(database, Barrier);
        if (settings.MySql is { } server)
        {
            signals = redis is null ? null : new(redis, server.Database);
            watch = new(database, Barrier, signals, clock, loggers.CreateLogger<CheckpointWatch>());
            lease = settings.Lease("projector", loggers);
        }
        if (!settings.Roles.HasFlag(Roles.Projector))
            return;
        runner = new(
            events,
            database,
            ReadModelProjections.All(),
            Barrier,
            Progress,
            clock,
            loggers.CreateLogger<ProjectionRunner>(),
            lease,
            signals
        );
        if (redis is not null)
            redis.Restored += runner.FillProgress;
        Rebuild = new(generations, runner, clock, loggers.CreateLogger<LiveRebuild>());
    }

    public ProjectionBarrier Barrier { get; }

    public IUploadProgress Progress { get; }

    /// <summary>Null where no processes share one.</summary>
    public RedisServer? Redis { get; }

    public ReadModels Models { get; }

    /// <summary>Null in a process that is no projector.</summary>
    public LiveRebuild? Rebuild { get; }

    /// <summary>Why it cannot do its work any more; null if it can.</summary>
    public string? Fault => projecting.IsFaulted ? projecting.Exception.InnerException?.Message : null;

    /// <summary>What it waits to be over, such as a full disk; null if nothing.</summary>
    public string? Trouble => watch?.Fault ?? runner?.Fault;

    /// <summary>Why nothing can be read; null if it can.</summary>
    public string? Unreachable => watch?.Fault;

    /// <summary>As <c>/readyz</c> has it.</summary>
    public string? Projector =>
        runner is null ? null
        : lease is null or { Held: true } ? "active"
        : "standby";

    /// <param name="data">The data folder.</param>
    /// <exception cref="System.Data.Common.DbException">MySQL is out of reach, or refuses.</exception>
    public static async Task<ReadSide> Open(
        string data,
        Settings settings,
        IEventStore events,
        RedisServer? redis,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var (database, generations) = settings.MySql is { } server
            ? await OpenMySql(server, settings, events, loggers, cancel)
            : await OpenFile(data, events, loggers, cancel);
        return new ReadSide(settings, events, database, generations, redis, loggers);
    }

    static async Task<(IReadDatabase, IReadGenerations)> OpenFile(
        string data,
        IEventStore events,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var generations = new ReadGenerations(data, events, loggers.CreateLogger<ReadGenerations>());
        var current = new CurrentReadDatabase(await generations.Open(progress: null, cancel));
        generations.Serve(current);
        return (current, generations);
    }

    static async Task<(IReadDatabase, IReadGenerations)> OpenMySql(
        MySqlServer server,
        Settings settings,
        IEventStore events,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var clock = TimeProvider.System;
        var live = new MySqlReadDatabase(server, settings.MySqlReplica, server.Database, clock);
        var logger = loggers.CreateLogger<MySqlReadGenerations>();
        var generations = new MySqlReadGenerations(server, live, settings.MySqlShards, events, clock, logger);
        await generations.Open(build: settings.Roles.HasFlag(Roles.Projector), progress: null, cancel);
        return (live, generations);
    }

    /// <summary>Follows until cancelled.</summary>
    public Task Run(CancellationToken cancel)
    {
        List<Task> running = [];
        if (runner is not null)
            running.Add(projecting = Task.Run(() => runner.Run(cancel), CancellationToken.None));
        if (watch is not null)
            running.Add(Task.Run(() => watch.Run(cancel), CancellationToken.None));
        if (Rebuild is not null)
            running.Add(Task.Run(() => Rebuild.RunWhenNeeded(cancel), CancellationToken.None));
        return Task.WhenAll(running);
    }

    /// <summary>Returns when the read models are where the log is now.</summary>
    public async Task CatchUp(CancellationToken cancel)
    {
        var head = await events.Head(cancel);
        while (!await Barrier.Pass(head, cancel))
            if (projecting.IsFaulted)
                await projecting;
    }

    /// <summary>How each projection is.</summary>
    public async Task<IReadOnlyList<ProjectionState>> States(CancellationToken cancel)
    {
        using var read = await database.Read(cancel);
        var follows = Trouble is null ? Following.Log : Following.Nothing;
        return await ProjectionState.Of(
            read.Session,
            events,
            generations.Number,
            Rebuild?.Progress is null ? follows : Following.LogWhileRebuilt,
            TimeProvider.System,
            cancel
        );
    }

    /// <summary>Which other process is the projector; null for none.</summary>
    public async ValueTask<string?> OtherProjector(CancellationToken cancel) =>
        lease is null or { Held: true } ? null : await lease.Holder(cancel);

    public async ValueTask DisposeAsync()
    {
        runner?.Dispose();
        Rebuild?.Dispose();
        await database.DisposeAsync();
        if (Redis is not null)
            await Redis.DisposeAsync();
    }
}
