using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using MediatR;
using Varve.Domain;
using Varve.EventStores;
using Varve.Projections.Runner;

namespace Varve.Projections;

/// <summary>
/// The wait until the read models have passed a position, so that a writer reads its own write. Thread-safe.
/// </summary>
/// <param name="waitMax">When it passes, a write stands all the same: late is not failed.</param>
public sealed class ProjectionBarrier(TimeSpan waitMax)
{
    static readonly Meter Meter = new("Varve.Projections");
    static readonly Counter<long> TimedOut = Meter.CreateCounter<long>("varve.barrier.timeouts");

    readonly Lock gate = new();
    readonly PriorityQueue<TaskCompletionSource<bool>, long> waiting = new();
    TaskCompletionSource wanted = new();
    long reached;
    long acknowledged;

    ImmutableArray<StoppedProjection> stopped = [];

    /// <summary>How far the read models are, but for those that have stopped.</summary>
    public Position Reached => new(Volatile.Read(ref reached));

    /// <summary>Those that no waiting brings further: what is read of them is as of the event that each stopped
    /// at.</summary>
    public ImmutableArray<StoppedProjection> Stopped
    {
        get
        {
            lock (gate)
                return stopped;
        }
        internal set
        {
            lock (gate)
                stopped = value;
        }
    }

    /// <summary>The last write that this process acknowledged.</summary>
    public Position Acknowledged => new(Volatile.Read(ref acknowledged));

    /// <summary>Called by the projection runner when a transaction has committed.</summary>
    public void Advance(Position to)
    {
        List<TaskCompletionSource<bool>> passed = [];
        lock (gate)
        {
            Volatile.Write(ref reached, Math.Max(reached, to.Value));
            while (waiting.TryPeek(out _, out var position) && position <= reached)
                passed.Add(waiting.Dequeue());
        }
        foreach (var one in passed)
            one.TrySetResult(true);
    }

    /// <summary>Waits for a position.</summary>
    /// <returns>False if the bound passed first.</returns>
    public async ValueTask<bool> Pass(Position position, CancellationToken cancel)
    {
        if (Reached >= position)
            return true;
        using var span = Traces.Source.StartActivity("barrier");
        var wait = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (reached >= position.Value)
                return true;
            waiting.Enqueue(wait, position.Value);
            wanted.TrySetResult();
        }
        try
        {
            return await wait.Task.WaitAsync(waitMax, cancel);
        }
        catch (TimeoutException)
        {
            TimedOut.Add(1);
            return false;
        }
        finally
        {
            if (!wait.Task.IsCompleted)
                lock (gate)
                    waiting.Remove(wait, out _, out _);
        }
    }

    /// <summary>Waits, before a read, for the last write that this process acknowledged.</summary>
    public ValueTask<bool> PassOwnWrites(CancellationToken cancel) =>
        Reached >= Acknowledged ? ValueTask.FromResult(true) : Pass(Acknowledged, cancel);

    /// <summary>Whether somebody waits.</summary>
    internal bool Awaited
    {
        get
        {
            lock (gate)
                return waiting.Count > 0;
        }
    }

    /// <summary>Ends when somebody waits, or after a while: till then the runner may let events gather.</summary>
    internal async Task Wanted(TimeSpan most, CancellationToken cancel)
    {
        Task signal;
        lock (gate)
        {
            if (waiting.Count > 0)
                return;
            wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
            signal = wanted.Task;
        }
        await Task.WhenAny(signal, Task.Delay(most, cancel));
    }

    internal void Acknowledge(long position)
    {
        lock (gate)
            Volatile.Write(ref acknowledged, Math.Max(acknowledged, position));
    }
}

/// <summary>Notes what is acknowledged, and holds an answer back while the read models are far behind it.</summary>
/// <param name="lagMax">So many positions a write may be ahead. 0 where other processes read the same read models: they
/// do not know of it, so it must be there before the answer.</param>
public sealed class BarrierBehavior(ProjectionBarrier barrier, IEventStore store, long lagMax)
    : IPipelineBehavior<Command, Outcome>
{
    /// <summary>For the one process that writes and reads, whose reads wait for its own writes: half of what the log's
    /// tail keeps in memory for the runner.</summary>
    public const long AloneLagMax = 4_096;

    public async Task<Outcome> Handle(
        Command request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<Outcome> next
    )
    {
        var outcome = await next();
        if (outcome.Rejection is null)
        {
            // Where nothing had to change, that may be another's doing, which the read models may not show yet.
            var position = outcome.Position ?? (await store.Head(cancellationToken)).Value;
            barrier.Acknowledge(position);
            await barrier.Pass(new(position - lagMax), cancellationToken);
        }
        return outcome;
    }
}
