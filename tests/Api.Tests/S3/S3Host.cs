using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.S3;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections;
using Varve.Projections.Buckets;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;
using Varve.Tiers;
using Varve.Tiers.Disk;

[assembly: AssemblyFixture(typeof(Varve.Api.Tests.S3.S3Host))]

namespace Varve.Api.Tests.S3;

/// <summary>The S3 surface on a real Kestrel, over the embedded parts, with four users: ana, bob, root, and one whose
/// name is ana's account id. One for
/// all tests; each makes its own buckets.</summary>
public sealed class S3Host : IAsyncLifetime
{
    static readonly string[] Users = ["ana", "bob", "root", UserIds.AccountId("ana")];

    readonly string folder = Directory.CreateTempSubdirectory("varve-s3-").FullName;
    readonly CancellationTokenSource stop = new();
    readonly FaultLog faults = new();
    EmbeddedEventStore events = null!;
    DiskTier disk = null!;
    SqliteReadDatabase database = null!;
    ProjectionRunner runner = null!;
    WebApplication web = null!;
    Task running = Task.CompletedTask;
    int buckets;

    public TimeSpan BarrierWait { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(10);

    public bool CustomerKeysOverHttp { get; init; } = true;

    public bool SignatureV2 { get; init; }

    /// <summary>Puts another tier around the disk's.</summary>
    public Func<ITier, ITier> Around { get; init; } = disk => disk;

    /// <summary>Sees every request first.</summary>
    public Action<IApplicationBuilder> Before { get; init; } = _ => { };

    /// <summary>Where copies may be besides the disk.</summary>
    public IReadOnlyList<ITier> FarTiers { get; init; } = [];

    public Uri Url { get; private set; } = null!;

    public Backend Varve { get; private set; } = null!;

    /// <summary>What was logged as a fault.</summary>
    public IReadOnlyCollection<string> Faults => faults.Seen;

    public string ContentsFolder => Path.Combine(folder, "contents");

    public async ValueTask InitializeAsync()
    {
        events = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        disk = DiskTier.Open(new() { Folder = ContentsFolder }, NullLogger<DiskTier>.Instance);
        var generations = new ReadGenerations(folder, events, NullLogger<ReadGenerations>.Instance);
        database = await generations.Open(progress: null, CancellationToken.None);

        var barrier = new ProjectionBarrier(BarrierWait);
        var progress = new InMemoryUploadProgress();
        var states = new AggregateStates(events, 1000);
        var reads = new ReadModels(database, barrier);
        var quotas = new BucketQuotas(states, reads);
        var door = CommandDoor.Open(
            new CommandLoop(events, states, TimeSpan.FromSeconds(30)),
            new ValidationBehavior(CommandValidators.All),
            new QuotaBehavior(quotas, states, events),
            new BarrierBehavior(barrier, events, BarrierBehavior.AloneLagMax)
        );
        Varve = new(
            door,
            states,
            events,
            Around(disk),
            FarTiers,
            reads,
            quotas,
            progress,
            barrier,
            new(new byte[32]),
            TimeProvider.System
        );
        runner = new(
            events,
            database,
            ReadModelProjections.All(),
            barrier,
            progress,
            TimeProvider.System,
            NullLogger<ProjectionRunner>.Instance
        );
        running = Task.Run(() => runner.Run(stop.Token));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(faults);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ListenS3(new(IPAddress.Loopback, 0));
        });
        web = builder.Build();
        Before(web);
        web.UseS3(() =>
            new S3Dispatcher(
                Varve,
                Find,
                new(FindById, FindByEmail),
                new(Domain: "s3.test", Region: null)
                {
                    SilenceMax = SilenceMax,
                    CustomerKeysOverHttp = CustomerKeysOverHttp,
                    SignatureV2 = SignatureV2,
                    Destinations = new HashSet<string> { "hook:webhook", "queue:rabbitmq" },
                },
                TimeProvider.System,
                web.Services.GetRequiredService<ILogger<S3Dispatcher>>()
            )
        );
        await web.StartAsync();
        var server = web.Services.GetRequiredService<IServer>();
        Url = new(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        await StopProjections();
        runner.Dispose();
        await database.DisposeAsync();
        await disk.DisposeAsync();
        await events.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>From here on the read models stay as they are.</summary>
    public async Task StopProjections()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public static string SecretOf(string user) => $"{user}-secret-key";

    /// <summary>A client with nothing set but where to go.</summary>
    public AmazonS3Client Client(string user)
    {
        var config = new AmazonS3Config
        {
            ServiceURL = Url.ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            MaxErrorRetry = 0,
        };
        return new(new BasicAWSCredentials(user, SecretOf(user)), config);
    }

    public RawS3 Raw(string user) => new(Url, user, SecretOf(user));

    /// <summary>Makes a bucket of ana's that no other test has.</summary>
    public async Task<string> NewBucket()
    {
        var name = $"bucket-{Interlocked.Increment(ref buckets)}";
        using var ana = Client("ana");
        await ana.PutBucketAsync(name);
        return name;
    }

    static ValueTask<string?> FindById(string id, CancellationToken cancel) =>
        ValueTask.FromResult(Users.FirstOrDefault(user => UserIds.CanonicalId(user) == id));

    static ValueTask<string?> FindByEmail(string email, CancellationToken cancel) =>
        ValueTask.FromResult(Users.FirstOrDefault(user => $"{user}@example.org" == email));

    static ValueTask<S3Account?> Find(string accessKey, CancellationToken cancel) =>
        ValueTask.FromResult(
            Users.Contains(accessKey)
                ? new S3Account(new Caller(accessKey, Root: accessKey == "root"), SecretOf(accessKey))
                : null
        );
}

/// <summary>Keeps what is logged as an error.</summary>
sealed class FaultLog : ILoggerProvider, ILogger
{
    readonly System.Collections.Concurrent.ConcurrentQueue<string> seen = new();

    public IReadOnlyCollection<string> Seen => seen;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (IsEnabled(logLevel))
            seen.Enqueue($"{formatter(state, exception)} {exception}");
    }

    public void Dispose() { }
}
