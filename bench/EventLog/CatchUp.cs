using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;

namespace Varve.EventLog;

/// <summary>A subscriber that begins at zero and reads to the end, as a rebuild does.</summary>
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
        var head = await store.Head(cancel);
        var begun = Stopwatch.GetTimestamp();
        var read = 0L;
        await foreach (var batch in store.Subscribe(Position.Start, ["object-"], cancel))
        {
            read += batch.Events.Count;
            if (batch.Upto >= head)
                break;
        }
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"catch-up: {read / seconds:0} events/s ({read} events)");
    }
}
