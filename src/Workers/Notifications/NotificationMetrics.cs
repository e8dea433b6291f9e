using System.Diagnostics.Metrics;

namespace Varve.Workers.Notifications;

/// <summary>What is to be seen of notifications from outside: meter <c>Varve.Notifications</c>. Thread-safe.</summary>
public sealed class NotificationMetrics : IDisposable
{
    const string Label = "destination";

    readonly Meter meter = new("Varve.Notifications");
    readonly Counter<long> told;
    readonly Counter<long> retries;

    public NotificationMetrics()
    {
        told = meter.CreateCounter<long>("varve.notifications.told", description: "Events that were taken.");
        retries = meter.CreateCounter<long>("varve.notifications.retries", description: "Attempts that failed.");
    }

    /// <param name="stuck">For how long a destination has not taken what it is told; zero while it does.</param>
    public void Observe(Func<IEnumerable<(string Destination, TimeSpan For)>> stuck) =>
        meter.CreateObservableGauge(
            "varve.notifications.stuck.seconds",
            () => stuck().Select(one => new Measurement<double>(one.For.TotalSeconds, Of(one.Destination))),
            "s",
            "For how long a destination has not taken what it is told."
        );

    public void Told(string destination) => told.Add(1, Of(destination));

    public void Retried(string destination) => retries.Add(1, Of(destination));

    public void Dispose() => meter.Dispose();

    static KeyValuePair<string, object?> Of(string destination) => new(Label, destination);
}
