using MediatR;
using Varve.Domain;
using Varve.EventStores;
using Varve.Tiers;
using Varve.Workers;
using Varve.Workers.Transfers;

namespace Varve.Api.Hosting;

/// <summary>What keeps copies of contents in other tiers: the tiers, the queue of transfers, the workers.</summary>
sealed class CopySide : IAsyncDisposable
{
    /// <summary>Failed transfers that are listed of a tier.</summary>
    const int ListedMost = 1000;

    readonly StorageOptions options;
    readonly DataFolder folder;
    readonly ITransferQueue? queue;
    readonly TransferMetrics metrics = new();
    ContentCopier? copier;

    CopySide(StorageOptions options, DataFolder folder, IReadOnlyList<ITier> farTiers, ITransferQueue? queue) =>
        (this.options, this.folder, FarTiers, this.queue) = (options, folder, farTiers, queue);

    public IReadOnlyList<ITier> FarTiers { get; }

    /// <summary>What a command goes through besides.</summary>
    public IReadOnlyList<IPipelineBehavior<Command, Outcome>> Behaviors =>
        options.Mode == StorageMode.Sync ? [new FirstCopyBehavior(() => copier!, options.Policy)] : [];

    public IReadOnlyList<IWorker> Workers { get; private set; } = [];

    public Scrubber Scrubber { get; private set; } = null!;

    public static CopySide Open(
        StorageOptions options,
        DataFolder folder,
        IReadOnlyList<ITier> farTiers,
        ILoggerFactory loggers
    ) => new(options, folder, farTiers, options.Policy.Count == 0 ? null : QueueOf(options, folder, loggers));

    /// <summary>Makes the workers. To be called once, before they are asked for.</summary>
    /// <param name="places">That all processes share, where there are several.</param>
    /// <param name="alone">Lets a worker run in one process at a time.</param>
    public void Care(
        Backend backend,
        IMediator door,
        AggregateStates states,
        ILogPlaces places,
        Func<IWorker, IWorker> alone,
        ILoggerFactory loggers
    )
    {
        var (events, reads, near, clock) = (backend.Events, backend.Reads, backend.Tier, TimeProvider.System);
        copier = new(states, door, backend.Contents, metrics, clock, loggers.CreateLogger<ContentCopier>());
        Scrubber = new(
            reads,
            near,
            door,
            new(options.Scrub.MiBPerSecond * 1024L * 1024L, options.Scrub.Days),
            folder.Root,
            clock,
            loggers.CreateLogger<Scrubber>()
        );
        var workers = new List<IWorker> { Scrubber };
        if (FarTiers.Count > 0)
            workers.Add(alone(new Repairer(events, reads, copier, places, clock, loggers.CreateLogger<Repairer>())));
        if (queue is not null)
        {
            // A queue of its own goes with the data folder: what was asked for there nobody else has.
            var shared = options.RabbitMq is not null;
            var requester = new TransferRequester(
                events,
                queue,
                options.Policy,
                shared ? places : new FilePlaces(folder.Root),
                metrics,
                clock,
                loggers.CreateLogger<TransferRequester>()
            );
            workers.Add(shared ? alone(requester) : requester);
            workers.Add(
                new TransferWorker(
                    queue,
                    copier,
                    door,
                    options.Policy,
                    metrics,
                    clock,
                    loggers.CreateLogger<TransferWorker>()
                )
            );
        }
        if (FarTiers.Count > 0 && (options.LocalMaxBytes is not null || options.LocalKeep is not null))
            workers.Add(
                alone(
                    new Evictor(
                        events,
                        states,
                        reads,
                        near,
                        door,
                        new(options.LocalMaxBytes, options.LocalKeep),
                        places,
                        clock,
                        loggers.CreateLogger<Evictor>()
                    )
                )
            );
        Workers = workers;
    }

    /// <summary>What is in the queues of the policy's tiers.</summary>
    /// <exception cref="TransferQueueUnavailableException">The broker does not answer.</exception>
    public async Task<IReadOnlyList<TransferQueueState>> Transfers(CancellationToken cancel)
    {
        var states = new List<TransferQueueState>();
        foreach (var tier in options.Policy)
            states.Add(await queue!.Read(tier, ListedMost, cancel));
        return states;
    }

    /// <summary>Lets what failed come again.</summary>
    /// <param name="tier">Null for all.</param>
    /// <returns>How many transfers.</returns>
    /// <exception cref="RejectedException">InvalidArgument: the policy does not name the tier.</exception>
    /// <exception cref="TransferQueueUnavailableException">The broker does not answer.</exception>
    public async Task<long> Retry(string? tier, CancellationToken cancel)
    {
        if (tier is not null && !options.Policy.Contains(tier))
            throw new RejectedException(ErrorCode.InvalidArgument, $"'{tier}' is not in Varve:Storage:Copies.");
        var again = 0L;
        foreach (var one in options.Policy.Where(one => tier is null || one == tier))
            again += await queue!.Retry(one, cancel);
        return again;
    }

    public async ValueTask DisposeAsync()
    {
        if (queue is not null)
            await queue.DisposeAsync();
        metrics.Dispose();
    }

    static ITransferQueue QueueOf(StorageOptions options, DataFolder folder, ILoggerFactory loggers) =>
        options.RabbitMq is { } broker
            ? new RabbitTransferQueue(
                broker,
                options.Policy,
                TransferPace.Standard,
                TimeProvider.System,
                loggers.CreateLogger<RabbitTransferQueue>()
            )
            : new LocalTransferQueue(
                Path.Combine(folder.Root, "transfers.db"),
                TransferPace.Standard,
                TimeProvider.System
            );
}
