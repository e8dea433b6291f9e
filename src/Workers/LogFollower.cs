using Microsoft.Extensions.Logging;
using Varve.EventStores;

namespace Varve.Workers;

/// <summary>
/// Follows some streams of the log, from where it was left. Faults are logged, and tried again after a pause.
/// </summary>
/// <param name="prefixes">Of the streams' names.</param>
/// <param name="placeName">Of its place, which is kept after what was handled.</param>
/// <param name="name">Of the worker, for the log.</param>
sealed class LogFollower(
    IEventStore store,
    IReadOnlyList<string> prefixes,
    ILogPlaces places,
    string placeName,
    string name,
    TimeProvider clock,
    ILogger logger
)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>Other streams' events that may be looked through again after a start.</summary>
    const long Unsaved = 10_000;

    long place;

    /// <summary>All events up to here were handled.</summary>
    public Position Place => new(Volatile.Read(ref place));

    /// <param name="handle">Is given the events of a batch, in order; perhaps again after a fault or a crash.</param>
    /// <returns>When cancelled.</returns>
    public async Task Run(Func<IReadOnlyList<RecordedEvent>, CancellationToken, Task> handle, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            try
            {
                await Follow(handle, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.WorkerFailed(name, Pause, fault);
                await Task.Delay(Pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    async Task Follow(Func<IReadOnlyList<RecordedEvent>, CancellationToken, Task> handle, CancellationToken cancel)
    {
        var saved = await places.Find(placeName, cancel);
        Volatile.Write(ref place, saved.Value);
        await foreach (var batch in store.Subscribe(saved, prefixes, cancel))
        {
            if (batch.Events.Count > 0)
                await handle(batch.Events, cancel);
            if (batch.Events.Count > 0 || batch.Upto.Value >= saved.Value + Unsaved)
                await places.Keep(placeName, saved = batch.Upto, cancel);
            Volatile.Write(ref place, batch.Upto.Value);
        }
    }
}
