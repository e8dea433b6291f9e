using Varve.Api.Encryption;
using Varve.Api.Identity;
using Varve.Api.S3;
using Varve.Domain;
using Varve.EventStores;
using Varve.EventStores.Node;
using Varve.Projections;
using Varve.Projections.Buckets;
using Varve.Projections.Redis;
using Varve.Projections.Transparency;
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
    readonly OpenedTiers tiers;
    readonly ReadSide read;
    readonly TreeKeeper keeper;
    Task projecting = Task.CompletedTask;
    Task working = Task.CompletedTask;

    Engine(
        DataFolder folder,
        Settings settings,
        StorageOptions storage,
        TreeKeeper keeper,
        OpenedStore store,
        OpenedTiers tiers,
        CopySide copies,
        NotificationSide notifications,
        ReadSide read,
        RootAccount root,
        ILoggerFactory loggers
    )
    {
        Folder = folder;
        Root = root;
        Roles = settings.Roles;
        Storage = storage;
        if ((Roles & (Hosting.Roles.Api | Hosting.Roles.Worker)) != 0)
            Tiers = [.. tiers.Remote.Select(tier => new TierOutlook(tier, TimeProvider.System))];
        (this.store, this.tiers, this.keeper, this.read, Copies) = (store, tiers, keeper, read, copies);
        Notifications = notifications;

        var events = store.Events;
        var clock = TimeProvider.System;
        var states = new AggregateStates(events, StatesKept);
        var alone = store.Embedded is not null && settings.MySql is null;
        var quotas = new BucketQuotas(states, read.Models);
        var door = CommandDoor.Open(
            new CommandLoop(events, states, CommandPatience),
            [
                new ValidationBehavior(CommandValidators.All),
                new QuotaBehavior(quotas, states, events),
                .. copies.Behaviors,
                new BarrierBehavior(read.Barrier, events, alone ? BarrierBehavior.AloneLagMax : 0),
            ]
        );
        var keys = ObjectKeys.Load(settings.MasterKey, settings.Outside ? null : folder.MasterKey);
        Backend = new(
            door,
            states,
            events,
            tiers.Near,
            copies.FarTiers,
            read.Models,
            quotas,
            read.Progress,
            read.Barrier,
            keys,
            clock
        );
        var places = settings.Places(folder.Root);
        copies.Care(Backend, door, states, places, Alone, loggers);
        Workers = Roles.HasFlag(Hosting.Roles.Worker)
            ?
            [
                Alone(
                    new PartSweeper(
                        events,
                        states,
                        Backend.Contents,
                        places,
                        clock,
                        loggers.CreateLogger<PartSweeper>()
                    )
                ),
                Alone(
                    new Purger(
                        events,
                        states,
                        Backend.Reads,
                        Backend.Contents,
                        door,
                        settings.HistoryKeep,
                        places,
                        clock,
                        loggers.CreateLogger<Purger>()
                    )
                ),
                Alone(new UnfinishedBodies(tiers.Remote, clock, loggers.CreateLogger<UnfinishedBodies>())),
                .. storage.SweepLeftovers
                    ? [Alone(new Leftovers(events, tiers.Remote, clock, loggers.CreateLogger<Leftovers>()))]
                    : Array.Empty<IWorker>(),
                Alone(new UploadExpirer(Backend.Reads, door, clock, loggers.CreateLogger<UploadExpirer>())),
                Alone(
                    new LifecycleWorker(
                        Backend.Reads,
                        door,
                        clock,
                        settings.LifecycleDay,
                        loggers.CreateLogger<LifecycleWorker>()
                    )
                ),
                // The embedded log appends to several streams at once: there is nothing to finish.
                .. store.Embedded is null
                    ? [Alone(new AppendFinisher(events, places, clock, loggers.CreateLogger<AppendFinisher>()))]
                    : Array.Empty<IWorker>(),
                .. copies.Workers,
                .. Notifications.Workers(events, S3Options.RegionOf(settings.S3Region), places, loggers).Select(Alone),
            ]
            : [];

        IWorker Alone(IWorker worker) =>
            settings.Lease(worker.GetType().Name, loggers) is { } lease
                ? new LeasedWorker(worker, lease, clock, loggers.CreateLogger<LeasedWorker>())
                : worker;
    }

    public DataFolder Folder { get; }

    public Roles Roles { get; }

    public Backend Backend { get; }

    public Accounts Accounts { get; private set; } = null!;

    public RootAccount Root { get; }

    /// <summary>Null where no processes share one.</summary>
    public RedisServer? Redis => read.Redis;

    /// <summary>The read models.</summary>
    public ReadSide Read => read;

    public StorageOptions Storage { get; }

    /// <summary>How the S3 servers are that this process reads and writes.</summary>
    public IReadOnlyList<TierOutlook> Tiers { get; } = [];

    /// <summary>Copies of contents in other tiers.</summary>
    public CopySide Copies { get; }

    /// <summary>Events of buckets for others.</summary>
    public NotificationSide Notifications { get; }

    /// <summary>Who an S3 access key stands for.</summary>
    public async ValueTask<S3Account?> FindAccount(string accessKey, CancellationToken cancel) =>
        await Accounts.FindSecret(accessKey, cancel) is { } found
            ? new(new(found.UserName, found.Root), found.Secret)
            : null;

    /// <summary>Why the engine cannot do its work; null if it can.</summary>
    public string? Fault => read.Fault;

    /// <summary>What the projections wait to be over, such as a full disk; null if nothing.</summary>
    public string? Trouble => read.Trouble;

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
            var storage = StorageOptions.From(configuration);
            storage.CheckFor(settings.Roles);
            var folder = DataFolder.Claim(settings.Data);
            opened.Push(folder);
            var store = await OpenedStore.Open(folder.Root, settings.EventStore, loggers, cancel);
            opened.Push(store);
            var events = store.Events;
            await LogIdentity.Check(folder, events, cancel);
            var tiers = await OpenedTiers.Open(
                storage,
                new() { Folder = folder.Contents, SmallSizeMax = settings.SmallContentMax },
                loggers,
                cancel
            );
            opened.Push(tiers);
            var copies = CopySide.Open(storage, folder, tiers.Far, loggers);
            opened.Push(copies);
            var notifications = NotificationSide.Open(configuration, storage.RabbitMq, loggers);
            opened.Push(notifications);
            // The first use of Ed25519 compiles a good deal: beside the read models, not before them.
            var keeper = Task.Run(() => audit.Keeper(folder, events, loggers), cancel);
            var redis = settings.Redis is { } server
                ? await RedisServer.Open(server, loggers.CreateLogger<RedisServer>())
                : null;
            var read = await ReadSide.Open(folder.Root, settings, events, redis, loggers, cancel);
            opened.Push(read);
            var root = RootAccount.Load(
                folder.Identity,
                Environment.GetEnvironmentVariable("VARVE_ROOT_USER"),
                Environment.GetEnvironmentVariable("VARVE_ROOT_PASSWORD")
            );
            var engine = new Engine(
                folder,
                settings,
                storage,
                await keeper,
                store,
                tiers,
                copies,
                notifications,
                read,
                root,
                loggers
            );
            engine.Accounts = await Accounts.Open(
                engine.Backend,
                root,
                folder.Identity,
                settings.MySql,
                identity,
                TimeProvider.System,
                redis
            );
            return engine;
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
        projecting = read.Run(stop.Token);
        await read.CatchUp(cancel);
        if (Roles.HasFlag(Hosting.Roles.Api))
            await Accounts.EnsureRoot(cancel);
        working = Task.WhenAll([.. Workers.Select(one => Beside(one.Run)), Beside(keeper.Run)]);
    }

    Task Beside(Func<CancellationToken, Task> run) => Task.Run(() => run(stop.Token), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await projecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Accounts.DisposeAsync();
        await read.DisposeAsync();
        await Notifications.DisposeAsync();
        await Copies.DisposeAsync();
        await tiers.DisposeAsync();
        await store.DisposeAsync();
        await Folder.DisposeAsync();
        stop.Dispose();
    }
}
