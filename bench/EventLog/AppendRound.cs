using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;

namespace Varve.EventLog;

/// <summary>Writers that each append one event to a new stream, wait until it is on disk, and go on.</summary>
static class AppendRound
{
    public static async Task<Row> Run(string folder, int writers, TimeSpan duration, CancellationToken cancel)
    {
        await using var log = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        return await Run($"event store, {writers} writers", log, log, writers, duration, cancel);
    }

    /// <summary>The same over the network, client and server in one process.</summary>
    public static async Task<Row> RunThroughNode(
        string folder,
        int writers,
        TimeSpan duration,
        CancellationToken cancel
    )
    {
        await using var log = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        await using var node = await LocalNode.Start(log, cancel);
        return await Run($"through the node, {writers} writers", node.Client, log, writers, duration, cancel);
    }

    static async Task<Row> Run(
        string name,
        IEventStore store,
        EmbeddedEventStore log,
        int writers,
        TimeSpan duration,
        CancellationToken cancel
    )
    {
        await Write(store, writers, TimeSpan.FromSeconds(0.5), cancel);
        var commits = log.Commits;
        var begun = Stopwatch.GetTimestamp();
        var latencies = await Write(store, writers, duration, cancel);
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return new(name, seconds, latencies.Count, log.Commits - commits, latencies);
    }

    static async Task<List<double>> Write(IEventStore store, int writers, TimeSpan duration, CancellationToken cancel)
    {
        var all = await Task.WhenAll(
            Enumerable.Range(0, writers).Select(_ => Task.Run(() => WriteAlone(store, duration, cancel), cancel))
        );
        return [.. all.SelectMany(own => own)];
    }

    static async Task<List<double>> WriteAlone(IEventStore store, TimeSpan duration, CancellationToken cancel)
    {
        var latencies = new List<double>();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < duration; )
        {
            var begun = Stopwatch.GetTimestamp();
            var append = new StreamAppend(
                $"object-bench/{Guid.NewGuid():N}",
                ExpectedRevision.NoStream,
                [Sample.New()]
            );
            var result = await store.Append([append], cancel);
            if (result.Conflict is { } conflict)
                throw new InvalidOperationException($"{conflict}");
            latencies.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return latencies;
    }
}
