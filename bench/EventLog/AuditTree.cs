using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;
using Varve.Projections.Transparency;

namespace Varve.EventLog;

/// <summary>The Merkle tree over a whole log, from nothing, as at a first start; and its check.</summary>
static class AuditTree
{
    public static async Task<string> Run(string folder, CancellationToken cancel)
    {
        await using var store = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        var audit = new AuditFolder(Path.Combine(folder, "audit"));
        var keeper = new TreeKeeper(
            store,
            audit,
            audit.LoadKey(keyFile: null, origin: null),
            TimeSpan.FromSeconds(5),
            TimeProvider.System,
            NullLogger<TreeKeeper>.Instance
        );
        var (begun, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var signed = await keeper.CatchUp(cancel);
        var built = Rate(signed.Size, begun, cpu);
        (begun, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var verdict = await new LogCheck(store, audit, signed, older: null, new Progress<long>()).Run(cancel);
        return verdict.Fault is null
            ? $"audit tree: {built}\naudit check: {Rate(signed.Size, begun, cpu)}"
            : throw new InvalidOperationException(verdict.Fault);
    }

    static string Rate(long events, long begun, TimeSpan cpu)
    {
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var busy = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{events / seconds:0} events/s, {busy / events * 1e6:0.0} µs of CPU time an event ({events} events)"
        );
    }
}
