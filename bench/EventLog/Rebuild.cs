using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections.Databases;
using Varve.Projections.Runner;

namespace Varve.EventLog;

/// <summary>All read models, folded from a log of so many objects put, every tenth of a content of its own.</summary>
static class Rebuild
{
    const int PerContent = 10;
    const int PerAppend = 200;
    const string Bucket = "bench";

    static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Task<string> Run(string folder, int objects, CancellationToken cancel) =>
        Run(
            folder,
            objects,
            async store =>
            {
                var generations = new ReadGenerations(folder, store, NullLogger<ReadGenerations>.Instance);
                await using var read = await generations.Open(progress: null, cancel);
            },
            cancel
        );

    /// <param name="server">Its database is filled, and what was in there goes.</param>
    public static Task<string> RunInMySql(string folder, MySqlServer server, int objects, CancellationToken cancel) =>
        Run(
            folder,
            objects,
            async store =>
            {
                var clock = TimeProvider.System;
                var live = new MySqlReadDatabase(server, replica: null, server.Database, clock);
                var logger = NullLogger<MySqlReadGenerations>.Instance;
                var generations = new MySqlReadGenerations(server, live, shards: 16, store, clock, logger);
                await MySqlMigrations.Run(server, cancel);
                await using var next = await generations.BuildNext("bench", rounds: 0, progress: null, cancel);
                await next.Use(cancel);
            },
            cancel
        );

    static async Task<string> Run(
        string folder,
        int objects,
        Func<EmbeddedEventStore, Task> rebuild,
        CancellationToken cancel
    )
    {
        await using var store = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        await store.Append([One($"bucket-{Bucket}", new BucketEvent.Created("root", At))], cancel);
        await Parallel.ForAsync(
            0,
            objects / PerAppend,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancel },
            async (i, stop) =>
                await store.Append([.. Enumerable.Range(i * PerAppend, PerAppend).SelectMany(EventsOf)], stop)
        );
        var events = (await store.Head(cancel)).Value;
        var begun = Stopwatch.GetTimestamp();
        await rebuild(store);
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"rebuild of all read models: {seconds:0.0} s for {objects} objects, {events / seconds:0} events/s"
        );
    }

    static IEnumerable<StreamAppend> EventsOf(int number)
    {
        var hash = SHA256.HashData(BitConverter.GetBytes(number / PerContent));
        var (sha256, sha1) = (Convert.ToHexStringLower(hash), Convert.ToHexStringLower(hash.AsSpan(0, 20)));
        if (number % PerContent == 0)
            yield return One(
                $"content-{sha256}",
                new ContentEvent.Stored(sha256, sha1, sha1[..32], 4096, $"disk:volume/000001@{number}", At)
            );
        yield return One(
            $"object-{Bucket}/folder-{number % 1000}/object-{number}",
            new ObjectEvent.Put(
                Guid.CreateVersion7().ToString("N"),
                sha256,
                sha1,
                4096,
                sha1[..32],
                ObjectAttributes.None,
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                At
            )
        );
    }

    static StreamAppend One(string stream, object @event)
    {
        var row = EventCatalog.RowOf(@event);
        var metadata = new EventMetadata(At, "root", Guid.CreateVersion7(), CorrelationId: null).Encode();
        return new(
            stream,
            ExpectedRevision.NoStream,
            [new(Guid.CreateVersion7(), row.Name, row.Encode(@event), metadata)]
        );
    }
}
