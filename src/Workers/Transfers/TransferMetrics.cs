using System.Diagnostics.Metrics;

namespace Varve.Workers.Transfers;

/// <summary>What is to be seen of transfers from outside: meter <c>Varve.Transfers</c>. Thread-safe.</summary>
public sealed class TransferMetrics : IDisposable
{
    const string Label = "tier";

    readonly Meter meter = new("Varve.Transfers");
    readonly Counter<long> queued;
    readonly Counter<long> copies;
    readonly Counter<long> bytes;
    readonly Counter<long> retries;
    readonly Counter<long> failed;

    public TransferMetrics()
    {
        queued = meter.CreateCounter<long>("varve.transfers.queued", description: "Transfers asked for.");
        copies = meter.CreateCounter<long>("varve.transfers.copies", description: "Contents copied to a tier.");
        bytes = meter.CreateCounter<long>("varve.transfers.copied", "By", "Bytes copied to a tier.");
        retries = meter.CreateCounter<long>("varve.transfers.retries", description: "Attempts that failed.");
        failed = meter.CreateCounter<long>("varve.transfers.failed", description: "Transfers that were given up.");
    }

    /// <param name="isUp">Whether the queue answers.</param>
    public void ObserveQueue(Func<bool> isUp) =>
        meter.CreateObservableGauge(
            "varve.transfers.queue.up",
            () => isUp() ? 1 : 0,
            description: "1 while the queue of transfers answers."
        );

    /// <param name="lag">Positions of the log for which no transfers were asked for yet, by tier. Asked for until what
    /// is returned is disposed.</param>
    public IDisposable ObserveLag(Func<IEnumerable<(string Tier, long Events)>> lag)
    {
        var own = new Meter(meter.Name);
        own.CreateObservableGauge(
            "varve.transfers.lag.events",
            () => lag().Select(one => new Measurement<long>(one.Events, Of(one.Tier))),
            description: "Positions between the last event that transfers were asked for and the end of the log."
        );
        return own;
    }

    public void Queued(string tier, int count) => queued.Add(count, Of(tier));

    public void Copied(string tier, long size)
    {
        copies.Add(1, Of(tier));
        bytes.Add(size, Of(tier));
    }

    public void Retried(string tier) => retries.Add(1, Of(tier));

    public void Failed(string tier) => failed.Add(1, Of(tier));

    public void Dispose() => meter.Dispose();

    static KeyValuePair<string, object?> Of(string tier) => new(Label, tier);
}
