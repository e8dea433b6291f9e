using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;
using Varve.Tiers;
using Varve.Tiers.Disk;
using Varve.Tiers.Tests;
using Varve.Workers.Transfers;

namespace Varve.Workers.Tests.Transfers;

/// <summary>A log, read models, a disk and a tier that is elsewhere, in a folder of their own.</summary>
sealed class CopyWorld : IAsyncDisposable
{
    static readonly BucketName Photos = BucketName.Parse("photos");

    readonly CancellationTokenSource stop = new();
    readonly SqliteReadDatabase database;
    readonly ProjectionRunner runner;
    readonly Task projecting;
    int objects;

    CopyWorld(string folder, EmbeddedEventStore events, SqliteReadDatabase database)
    {
        (Folder, Events, this.database) = (folder, events, database);
        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(30));
        Disk = DiskTier.Open(new() { Folder = Path.Combine(folder, "contents") }, NullLogger<DiskTier>.Instance);
        States = new(events, capacity: 100);
        Door = CommandDoor.Open(
            new CommandLoop(events, States, TimeSpan.FromSeconds(10)),
            new ValidationBehavior(CommandValidators.All),
            new BarrierBehavior(barrier, events, lagMax: 0)
        );
        Reads = new(database, barrier);
        runner = new(
            events,
            database,
            ReadModelProjections.All(),
            barrier,
            new InMemoryUploadProgress(),
            TimeProvider.System,
            NullLogger<ProjectionRunner>.Instance
        );
        projecting = Task.Run(() => runner.Run(stop.Token));
        Contents = new([Disk, Ceph], Reads.LocationsOf, Report);
        Copier = new(States, Door, Contents, Metrics, TimeProvider.System, NullLogger<ContentCopier>.Instance);
    }

    public string Folder { get; }

    public FilePlaces Places => new(Folder);

    public EmbeddedEventStore Events { get; }

    public DiskTier Disk { get; }

    public MemoryTier Ceph { get; } = new("ceph");

    public AggregateStates States { get; }

    public IMediator Door { get; }

    public ReadModels Reads { get; }

    public TieredContents Contents { get; }

    public TransferMetrics Metrics { get; } = new();

    public ContentCopier Copier { get; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<CopyWorld> Create()
    {
        var folder = Directory.CreateTempSubdirectory("varve-copies-").FullName;
        var events = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        var generations = new ReadGenerations(folder, events, NullLogger<ReadGenerations>.Instance);
        return new(folder, events, await generations.Open(progress: null, Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await projecting;
        runner.Dispose();
        await database.DisposeAsync();
        await Disk.DisposeAsync();
        await Events.DisposeAsync();
        Metrics.Dispose();
        Directory.Delete(Folder, recursive: true);
        stop.Dispose();
    }

    /// <summary>An object with bytes of its own, on the disk alone.</summary>
    public async Task<ContentHash> Put(int size)
    {
        var bytes = Bytes(++objects, size);
        await using var staged = await Disk.Stage(new Whole(bytes), new(Checksum: null, size), Cancel);
        var hash = ContentHash.FromBytes(staged.Sha256);
        var (sha1, md5) = (Convert.ToHexStringLower(staged.Sha1), Convert.ToHexStringLower(staged.Md5!));
        var facts = new ContentFacts(hash, sha1, md5, size, await Disk.Keep(staged, Cancel));
        await Door.Send(new BucketCommand.Create(Context(), Photos, "ana"), Cancel);
        var put = await Door.Send(
            new ObjectCommand.Put(
                Context(),
                new(Photos, ObjectKey.Parse($"{objects}")),
                facts,
                md5,
                ObjectAttributes.None,
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                WriteCondition.None
            ),
            Cancel
        );
        Assert.Null(put.Rejection);
        return hash;
    }

    /// <summary>As <see cref="Put"/>, and in ceph as well.</summary>
    public async Task<ContentHash> PutInBoth(int size)
    {
        var hash = await Put(size);
        await Copier.Copy(hash, "ceph", Cancel);
        return hash;
    }

    public async Task<Content> Find(ContentHash hash) => await States.Read(Content.Decider, hash.Stream, Cancel);

    public async Task<bool> IsIn(ContentHash hash, string tier) => (await Find(hash)).IsIn(tier);

    public async Task<Outcome> Do(Func<CommandContext, Command> command) => await Door.Send(command(Context()), Cancel);

    /// <summary>Whether a tier gives the bytes at a location, all of them right.</summary>
    public static async Task<bool> Holds(ITier tier, string location, ContentHash hash, long size)
    {
        try
        {
            await using var reader = await tier.Open(location, size, Cancel);
            await using var body = new StoredBody(reader, 0, size, Cancel);
            using var sha256 = System.Security.Cryptography.IncrementalHash.CreateHash(
                System.Security.Cryptography.HashAlgorithmName.SHA256
            );
            while (await body.Next(Cancel) is { IsEmpty: false } piece)
                foreach (var segment in piece)
                    sha256.AppendData(segment.Span);
            return ContentHash.FromBytes(sha256.GetHashAndReset()) == hash;
        }
        catch (ContentDamagedException)
        {
            return false;
        }
    }

    /// <summary>Lets a worker run until a condition holds.</summary>
    public static async Task While(IWorker worker, Func<Task<bool>> holds)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = Task.Run(() => worker.Run(stop.Token), Cancel);
        await Until(holds);
        await stop.CancelAsync();
        await running;
    }

    public static async Task Until(Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = TimeSpan.FromMinutes(2); !await holds(); left -= timer.Period)
        {
            Assert.True(left > TimeSpan.Zero, "The condition never came to hold.");
            await timer.WaitForNextTickAsync(Cancel);
        }
    }

    static CommandContext Context() => UploadWorld.ContextAt(UploadWorld.Now);

    Task<Outcome> Report(string content, string location, ContentDamagedException damage) =>
        Door.Send(new ContentCommand.ReportDamage(Context(), new(content), location, damage.Message), Cancel);

    static byte[] Bytes(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    sealed class Whole(byte[] bytes) : IBodySource
    {
        bool given;

        public long? AnnouncedLength => bytes.Length;

        public ValueTask<System.Buffers.ReadOnlySequence<byte>> Next(CancellationToken cancel)
        {
            var piece = given ? [] : bytes;
            given = true;
            return new(new System.Buffers.ReadOnlySequence<byte>(piece));
        }
    }
}
