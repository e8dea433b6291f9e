using Microsoft.Extensions.Logging;
using Varve.EventStores;

namespace Varve.Workers;

/// <summary>
/// The process manager of appends to several streams, where the store appends to one at a time: it sees the first of
/// them and waits for the rest to come by; what has not come after a while was cut by a crash, and it finishes it. The
/// events have the ids and the expected revisions that their writer gave them: nothing is written twice, and where the
/// stream has moved on meanwhile, nothing is written.
/// </summary>
/// <param name="places">Has <c>finisher</c>: how far the log was seen.</param>
public sealed class AppendFinisher(
    IEventStore store,
    ILogPlaces places,
    TimeProvider clock,
    ILogger<AppendFinisher> logger
) : IWorker
{
    const string Place = "finisher";

    static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(10);

    readonly Lock gate = new();
    readonly Dictionary<(string Stream, Guid Id), Unfinished> awaited = [];
    Position seen;
    Position saved;

    /// <summary>How long a writer may take from the first stream to the last.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            try
            {
                seen = saved = await places.Find(Place, cancel);
                awaited.Clear();
                using var together = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var both = new[] { Watch(together.Token), Tend(together.Token) };
                var first = await Task.WhenAny(both);
                await together.CancelAsync();
                await Task.WhenAll(both).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await first;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.WorkerFailed(nameof(AppendFinisher), PauseAfterFault, fault);
                await Task.Delay(PauseAfterFault, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    async Task Watch(CancellationToken cancel)
    {
        await foreach (var batch in store.Subscribe(seen, [], cancel))
            lock (gate)
            {
                foreach (var recorded in batch.Events)
                    See(recorded);
                seen = batch.Upto;
            }
    }

    void See(RecordedEvent recorded)
    {
        awaited.Remove((recorded.Stream, recorded.Id));
        var rest = AppendRest.Of(recorded);
        var unfinished = new Unfinished(rest, seen, clock.GetUtcNow());
        foreach (var append in rest)
            awaited[(append.Stream, append.Events[^1].Id)] = unfinished;
        seen = recorded.Position;
    }

    async Task Tend(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Grace / 5, clock);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            foreach (var cut in Cut())
                await Finish(cut, cancel);
            await SavePlace(cancel);
        }
    }

    Unfinished[] Cut()
    {
        var before = clock.GetUtcNow() - Grace;
        lock (gate)
            return [.. awaited.Values.Distinct().Where(one => one.SeenAt <= before).OrderBy(one => one.After.Value)];
    }

    async Task Finish(Unfinished cut, CancellationToken cancel)
    {
        foreach (var append in cut.Rest)
        {
            var result = await store.Append([append], cancel);
            if (result.Conflict is { } moved)
                logger.AppendOverrun(append.Stream, moved.Actual);
            else
                logger.AppendFinished(append.Stream, result.Position!.Value);
        }
        lock (gate)
            foreach (var append in cut.Rest)
                awaited.Remove((append.Stream, append.Events[^1].Id));
    }

    /// <summary>Before the oldest that is unfinished. It may be older than the truth, never newer.</summary>
    async ValueTask SavePlace(CancellationToken cancel)
    {
        Position place;
        lock (gate)
            place = awaited.Count == 0 ? seen : awaited.Values.MinBy(one => one.After)!.After;
        if (place == saved)
            return;
        await places.Keep(Place, place, cancel);
        saved = place;
    }

    /// <param name="after">The place in the log before its first event.</param>
    sealed class Unfinished(IReadOnlyList<StreamAppend> rest, Position after, DateTimeOffset seenAt)
    {
        public IReadOnlyList<StreamAppend> Rest => rest;

        public Position After => after;

        public DateTimeOffset SeenAt => seenAt;
    }
}
