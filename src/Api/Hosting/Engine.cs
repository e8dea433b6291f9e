using Varve.Api.Identity;
using Varve.Api.S3;
using Varve.Domain;
using Varve.EventStores;
using Varve.EventStores.Node;
using Varve.Projections;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Transparency;
using Varve.Projections.Uploads;
using Varve.Tiers.Disk;
using Varve.Workers;

namespace Varve.Api.Hosting;

/// <summary>
/// All parts of a one-machine Varve, put together: the log, the contents, the read models and what keeps them up to
/// date, the accounts. Whoever opens it disposes it; then nothing is lost and nothing runs any more.
/// </summary>
sealed class Engine : IAsyncDisposable
{
    /// <summary>Aggregate states kept at hand.</summary>
    const int StatesKept = 10_000;

    static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    readonly CancellationTokenSource stop = new();
    readonly OpenedStore store;
    readonly DiskTier disk;
    readonly CurrentReadDatabase readDatabase;
    readonly ProjectionRunner runner;
    readonly TreeKeeper keeper;
    Task projecting = Task.CompletedTask;
    Task working = Task.CompletedTask;

    Engine(
        DataFolder folder,
        Settings settings,
        IdentityOptions identity,
        TreeKeeper keeper,
        OpenedStore store,
        DiskTier disk,
        SqliteReadDatabase read,
        ReadGenerations generations,
        ILoggerFactory loggers
    )
    {
        Folder = folder;
        (this.store, this.disk, this.keeper) = (store, disk, keeper);
        readDatabase = new(read);

        var events = store.Events;
        var clock = TimeProvider.System;
        var barrier = new ProjectionBarrier(settings.BarrierWait);
        var progress = new InMemoryUploadProgress();
        var states = new AggregateStates(events, StatesKept);
        var door = CommandDoor.Open(
            new CommandLoop(events, states, CommandPatience),
            new ValidationBehavior(CommandValidators.All),
            new BarrierBehavior(barrier, events, store.Embedded is null ? 0 : BarrierBehavior.AloneLagMax)
        );
        Backend = new(door, states, events, disk, new ReadModels(readDatabase, barrier), progress, barrier, clock);
        runner = new(
            events,
            readDatabase,
            ReadModelProjections.All(),
            barrier,
            progress,
            clock,
            loggers.CreateLogger<ProjectionRunner>()
        );
        Rebuild = new(generations, readDatabase, runner, clock, loggers.CreateLogger<LiveRebuild>());
        Root = RootAccount.Load(
            folder.Identity,
            Environment.GetEnvironmentVariable("VARVE_ROOT_USER"),
            Environment.GetEnvironmentVariable("VARVE_ROOT_PASSWORD")
        );
        Accounts = new(Backend, Root, folder.Identity, identity, clock);
        Workers =
        [
            new PartSweeper(events, states, disk, folder.Root, loggers.CreateLogger<PartSweeper>()),
            new UploadExpirer(Backend.Reads, door, clock, loggers.CreateLogger<UploadExpirer>()),
            new LifecycleWorker(
                Backend.Reads,
                door,
                clock,
                settings.LifecycleDay,
                loggers.CreateLogger<LifecycleWorker>()
            ),
            // The embedded log appends to several streams at once: there is nothing to finish.
            .. store.Embedded is null
                ? [new AppendFinisher(events, folder.Root, clock, loggers.CreateLogger<AppendFinisher>())]
                : Array.Empty<IWorker>(),
        ];
    }

    public DataFolder Folder { get; }

    public Backend Backend { get; }

    public Accounts Accounts { get; }

    public RootAccount Root { get; }

    public LiveRebuild Rebuild { get; }

    /// <summary>How each projection is.</summary>
    public async Task<IReadOnlyList<ProjectionState>> Projections(CancellationToken cancel)
    {
        using var lease = await readDatabase.Read(cancel);
        var follows = runner.Fault is null ? Following.Log : Following.Nothing;
        var rebuild = Rebuild.Progress;
        return await ProjectionState.Of(
            lease.Session,
            store.Events,
            Rebuild.Generation,
            rebuild is null ? follows : Following.LogWhileRebuilt,
            TimeProvider.System,
            cancel
        );
    }

    /// <summary>Who an S3 access key stands for.</summary>
    public async ValueTask<S3Account?> FindAccount(string accessKey, CancellationToken cancel) =>
        await Accounts.FindSecret(accessKey, cancel) is { } found
            ? new(new(found.UserName, found.Root), found.Secret)
            : null;

    /// <summary>Why the engine cannot do its work; null if it can.</summary>
    public string? Fault => projecting.IsFaulted ? projecting.Exception.InnerException?.Message : null;

    /// <summary>What the projections wait to be over, such as a full disk; null if nothing.</summary>
    public string? Trouble => runner.Fault;

    IReadOnlyList<IWorker> Workers { get; }

    /// <summary>Serves the log by EventStoreDB's protocol; it must be this process's own. Dispose it before the engine.
    /// </summary>
    public Task<EventNode> Serve(EventsOptions options, ILoggerFactory loggers, CancellationToken cancel) =>
        EventNode.Start(
            options.Node(new LogReaders(options, Root, Accounts, TimeProvider.System).Judge),
            store.Embedded!,
            TimeProvider.System,
            loggers,
            cancel
        );

    /// <summary>Opens or makes everything in the data folder, recovers what a crash left, and sets projections and
    /// workers going. Returns when the read models are where the log is.</summary>
    /// <exception cref="SettingsException">The data folder is in use or cannot be used.</exception>
    public static async Task<Engine> Start(
        Settings settings,
        IConfiguration configuration,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var engine = await Open(settings, configuration, loggers, cancel);
        try
        {
            await engine.SetGoing(cancel);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    static async Task<Engine> Open(
        Settings settings,
        IConfiguration configuration,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var opened = new Stack<IAsyncDisposable>();
        try
        {
            var identity = IdentityOptions.From(configuration);
            var audit = AuditOptions.From(configuration);
            var folder = DataFolder.Claim(settings.Data);
            opened.Push(folder);
            var store = await OpenedStore.Open(folder.Root, settings.EventStore, loggers, cancel);
            opened.Push(store);
            var events = store.Events;
            await LogIdentity.Check(folder, events, cancel);
            var disk = DiskTier.Open(
                new() { Folder = folder.Contents, SmallSizeMax = settings.SmallContentMax },
                loggers.CreateLogger<DiskTier>()
            );
            opened.Push(disk);
            // The first use of Ed25519 compiles a good deal: beside the read models, not before them.
            var keeper = Task.Run(() => audit.Keeper(folder, events, loggers), cancel);
            var generations = new ReadGenerations(folder.Root, events, loggers.CreateLogger<ReadGenerations>());
            var read = await generations.Open(progress: null, cancel);
            opened.Push(read);
            return new(folder, settings, identity, await keeper, store, disk, read, generations, loggers);
        }
        catch
        {
            while (opened.TryPop(out var part))
                await part.DisposeAsync();
            throw;
        }
    }

    async Task SetGoing(CancellationToken cancel)
    {
        var head = await store.Events.Head(cancel);
        projecting = Task.Run(() => runner.Run(stop.Token), CancellationToken.None);
        while (!await Backend.Barrier.Pass(head, cancel))
            if (projecting.IsCompleted)
                await projecting;
        await Accounts.EnsureRoot(cancel);
        working = Task.WhenAll([
            .. Workers.Select(one => Beside(one.Run)),
            Beside(keeper.Run),
            Beside(Rebuild.RunWhenNeeded),
        ]);
    }

    Task Beside(Func<CancellationToken, Task> run) => Task.Run(() => run(stop.Token), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await projecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        runner.Dispose();
        Rebuild.Dispose();
        Accounts.Dispose();
        await readDatabase.DisposeAsync();
        await disk.DisposeAsync();
        await store.DisposeAsync();
        await Folder.DisposeAsync();
        stop.Dispose();
    }
}
