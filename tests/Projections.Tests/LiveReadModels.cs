using Microsoft.Extensions.Logging.Abstractions;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;

namespace Varve.Projections.Tests;

/// <summary>A log, read models of their own in a temporary folder, and a runner between them.</summary>
public sealed class LiveReadModels : IAsyncDisposable
{
    readonly CancellationTokenSource stop = new();
    ProjectionRunner runner = null!;
    Task running = Task.CompletedTask;

    LiveReadModels(string folder, InMemoryEventStore store, IReadDatabase database)
    {
        (Folder, Store, Database) = (folder, store, database);
        Read = new ReadModels(Database, Barrier);
    }

    public string Folder { get; }
    public InMemoryEventStore Store { get; }
    public IReadDatabase Database { get; }
    public LiveRebuild Rebuild { get; private set; } = null!;
    public ReadModels Read { get; }
    public ProjectionBarrier Barrier { get; } = new(TimeSpan.FromSeconds(30));
    public IUploadProgress Progress { get; private init; } = new InMemoryUploadProgress();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<LiveReadModels> Start(
        ReadStore place,
        IReadOnlyList<IProjection>? projections = null,
        IUploadProgress? progress = null
    )
    {
        var folder = NewFolder();
        var store = new InMemoryEventStore();
        var (database, generations) = await place.Open(folder, store);
        var live = new LiveReadModels(folder, store, database) { Progress = progress ?? new InMemoryUploadProgress() };
        live.runner = live.Runner(projections);
        live.Rebuild = new(generations, live.runner, TimeProvider.System, NullLogger<LiveRebuild>.Instance);
        live.running = live.runner.Run(live.stop.Token);
        return live;
    }

    public static string NewFolder() => Directory.CreateTempSubdirectory("varve-projections-").FullName;

    public ProjectionRunner Runner(IReadOnlyList<IProjection>? projections = null, ProjectionBarrier? barrier = null) =>
        new(
            Store,
            Database,
            projections ?? ReadModelProjections.All(),
            barrier ?? Barrier,
            Progress,
            TimeProvider.System,
            NullLogger<ProjectionRunner>.Instance
        );

    public void FillProgress() => runner.FillProgress();

    /// <summary>Waits until the rows show all that is in the log.</summary>
    public async Task CaughtUp() => Assert.True(await Barrier.Pass(Store.Last, Cancel));

    public Task<IReadOnlyList<string>> Rows() => ReadModelDigest.Dump(Database, Cancel);

    /// <summary>The rows that the same log gives from zero.</summary>
    public async Task<IReadOnlyList<string>> RebuiltRows()
    {
        var other = NewFolder();
        try
        {
            await using var rebuilt = await SqliteReadStore.Generations(other, Store).Open(null, Cancel);
            return await ReadModelDigest.Dump(rebuilt, Cancel);
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    public async Task Stop()
    {
        await stop.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        await Database.DisposeAsync();
        Rebuild.Dispose();
        runner.Dispose();
        Directory.Delete(Folder, recursive: true);
        stop.Dispose();
    }
}
