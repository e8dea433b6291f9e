using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;

namespace Varve.EventLog;

/// <summary>A subscriber that begins at zero and reads to the end, as a rebuild does: in the process, and over the
/// network.</summary>
static class CatchUp
{
    const int PerAppend = 100;

    public static async Task<string> Run(string folder, int events, CancellationToken cancel)
    {
        await using var store = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        await Parallel.ForAsync(
            0,
            events / PerAppend,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancel },
            async (i, stop) =>
            {
                NewEvent[] some = [.. Enumerable.Range(0, PerAppend).Select(_ => Sample.New())];
                await store.Append([new($"object-bench/{i}", ExpectedRevision.NoStream, some)], stop);
            }
        );
        var inProcess = await Read("in the process", store, cancel);
        await using var node = await LocalNode.Start(store, cancel);
        var over = await Read("through the node, client and server in one process", node.Client, cancel);
        return $"{inProcess}\n{over}";
    }

    static async Task<string> Read(string how, IEventStore store, CancellationToken cancel)
    {
        var head = await store.Head(cancel);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (read, most, batches) = (0L, 0L, 0);
        var begun = Stopwatch.GetTimestamp();
        await foreach (var batch in store.Subscribe(Position.Start, ["object-"], cancel))
        {
            read += batch.Events.Count;
            if (++batches % 64 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
            if (batch.Upto >= head)
                break;
        }
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"catch-up {how}: {read / seconds:0} events/s ({read} events), heap at most {most >> 20} MiB more"
        );
    }
}
