using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections.Transparency;

namespace Varve.Projections.Tests.Transparency;

/// <summary>An embedded log in a temporary folder, with its tree.</summary>
sealed class AuditedLog : IAsyncDisposable
{
    readonly string folder = LiveReadModels.NewFolder();
    EmbeddedEventStore? store;
    int written;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public AuditFolder Audit => new(Path.Combine(folder, "audit"));

    public EmbeddedEventStore Store =>
        store ??= EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);

    public TreeKeeper Keeper(IEventStore? other = null) => Keeper(other ?? Store, Audit);

    public static TreeKeeper Keeper(IEventStore store, AuditFolder audit) =>
        new(
            store,
            audit,
            audit.LoadKey(keyFile: null, "varve.test/log"),
            TimeSpan.FromSeconds(1),
            TimeProvider.System,
            NullLogger<TreeKeeper>.Instance
        );

    /// <summary>Writes so many events into some streams, among them one that is not Varve's, and signs.</summary>
    public async Task<SignedCheckpoint> Grow(int events)
    {
        foreach (var chunk in Enumerable.Range(written, events).Chunk(100))
            await Store.Append(
                [
                    .. chunk
                        .GroupBy(i => i % 10 == 9 ? "foreign" : $"object-photos/{i % 7}")
                        .Select(stream => new StreamAppend(
                            stream.Key,
                            ExpectedRevision.Any,
                            [.. stream.Select(Event)]
                        )),
                ],
                Cancel
            );
        written += events;
        return await Keeper().CatchUp(Cancel);
    }

    public Task<LogVerdict> Check(SignedCheckpoint? older = null) =>
        new LogCheck(
            Store,
            Audit,
            SignedCheckpoint.Open(Audit.ReadCheckpoint()!, Audit.ReadKey()),
            older,
            new Progress<long>()
        ).Run(Cancel);

    /// <summary>Changes the log behind everybody's back.</summary>
    public async Task<long> Sql(string sql)
    {
        await Close();
        using var connection = new SqliteConnection($"Data Source={folder}/log/events.db;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>All files of the tree, by name.</summary>
    public static SortedDictionary<string, string> Files(AuditFolder audit) =>
        new(
            Directory
                .EnumerateFiles(Path.Combine(audit.Root, "tile"), "*", SearchOption.AllDirectories)
                .ToDictionary(
                    path => Path.GetRelativePath(audit.Root, path),
                    path => Convert.ToHexString(File.ReadAllBytes(path))
                ),
            StringComparer.Ordinal
        );

    public async Task Close()
    {
        if (store is not null)
            await store.DisposeAsync();
        store = null;
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        Directory.Delete(folder, recursive: true);
    }

    static NewEvent Event(int i) =>
        new(
            Guid.NewGuid(),
            "ObjectPut",
            System.Text.Encoding.UTF8.GetBytes($$"""{"number":{{i}}}"""),
            """{"by":"ana"}"""u8.ToArray()
        );
}
