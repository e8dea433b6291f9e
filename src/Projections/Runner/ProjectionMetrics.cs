using System.Diagnostics.Metrics;
using Varve.EventStores;

namespace Varve.Projections.Runner;

/// <summary>What is to be seen of a runner from outside: meter <c>Varve.Projections</c>. Thread-safe.</summary>
sealed class ProjectionMetrics : IDisposable
{
    const string Label = "projection";

    readonly TimeProvider clock;
    readonly Meter meter = new("Varve.Projections");
    readonly Counter<long> batches;
    readonly Counter<long> events;
    long behindSinceTicks; // 0: not behind
    long eventsBehind;

    public ProjectionMetrics(TimeProvider clock, ProjectionBarrier barrier)
    {
        this.clock = clock;
        batches = meter.CreateCounter<long>("varve.projections.batches", description: "Transactions committed.");
        events = meter.CreateCounter<long>("varve.projections.events", description: "Events projected.");
        meter.CreateObservableGauge(
            "varve.projections.lag.seconds",
            SecondsBehind,
            "s",
            "Age of the last event projected, while there are more."
        );
        meter.CreateObservableGauge(
            "varve.projections.lag.events",
            () => Volatile.Read(ref eventsBehind),
            description: "Positions between the last event projected and the end of the log."
        );
        meter.CreateObservableGauge(
            "varve.projections.stopped",
            () =>
                barrier.Stopped.Select(one => new Measurement<long>(
                    1,
                    new KeyValuePair<string, object?>(Label, one.Projection)
                )),
            description: "1 for each projection that met an event which it can't take."
        );
    }

    public void Applied(IReadOnlyList<RecordedEvent> applied)
    {
        batches.Add(1);
        events.Add(applied.Count);
    }

    /// <summary>Called after a batch: is there more?</summary>
    public async ValueTask Looked(IEventStore store, EventBatch batch, CancellationToken cancel)
    {
        var behind = batch.Live ? 0 : (await store.Head(cancel)).Value - batch.Upto.Value;
        Volatile.Write(ref eventsBehind, behind);
        if (behind == 0)
            Volatile.Write(ref behindSinceTicks, 0);
        else if (batch.Events.Count > 0)
            Volatile.Write(ref behindSinceTicks, batch.Events[^1].Created.UtcTicks);
    }

    /// <summary>The runner stands still: from now on it falls behind.</summary>
    public void Stood() => Interlocked.CompareExchange(ref behindSinceTicks, clock.GetUtcNow().UtcTicks, 0);

    public void Dispose() => meter.Dispose();

    double SecondsBehind()
    {
        var since = Volatile.Read(ref behindSinceTicks);
        return since == 0 ? 0 : TimeSpan.FromTicks(clock.GetUtcNow().UtcTicks - since).TotalSeconds;
    }
}
