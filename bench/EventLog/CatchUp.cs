using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;

namespace Varve.EventLog;

/// <summary>A reader, and a subscriber as a rebuild is one, that begin at zero and read to the end.</summary>
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
        var begun = Stopwatch.GetTimestamp();
        var all = await store.ReadAll(Direction.Forwards, Position.Start, long.MaxValue, cancel).CountAsync(cancel);
        var reading = all / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var head = await store.Head(cancel);
        begun = Stopwatch.GetTimestamp();
        var read = 0L;
        await foreach (var batch in store.Subscribe(Position.Start, ["object-"], cancel))
        {
            read += batch.Events.Count;
            if (batch.Upto >= head)
                break;
        }
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"read all: {reading:0} events/s; catch-up by subscription: {read / seconds:0} events/s ({read} events)"
        );
    }
}
