using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;
using Varve.EventStores.Node;

namespace Varve.EventLog;

/// <summary>A subscriber that begins at zero and reads to the end, as a rebuild does; then another by the protocol of
/// EventStoreDB, client and node in this process.</summary>
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
        var direct = await Read("catch-up", store, cancel);
        await using var node = await EventNode.Start(
            new(new IPEndPoint(IPAddress.Loopback, 0), Certificate: null, Judge: null),
            store,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            cancel
        );
        var connection = ConnectionString.Parse($"esdb://127.0.0.1:{node.Address.Port}?tls=false");
        await using var remote = EventStoreDbStore.Open(connection, TimeProvider.System, NullLogger.Instance);
        return $"{direct}\n{await Read("catch-up through the node", remote, cancel)}";
    }

    static async Task<string> Read(string what, IEventLog log, CancellationToken cancel)
    {
        var head = await log.Head(cancel);
        var begun = Stopwatch.GetTimestamp();
        var read = 0L;
        await foreach (var batch in log.Subscribe(Position.Start, ["object-"], cancel))
        {
            read += batch.Events.Count;
            if (batch.Upto >= head)
                break;
        }
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {read / seconds:0} events/s ({read} events)");
    }
}
