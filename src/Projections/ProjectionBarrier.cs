using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using MediatR;
using Varve.Domain;
using Varve.EventStores;
using Varve.Projections.Runner;

namespace Varve.Projections;

/// <summary>
/// The wait, after a command, until the read models have passed its position, so that a writer reads its own write.
/// Thread-safe.
/// </summary>
/// <param name="waitMax">When it passes, the write stands all the same: late is not failed.</param>
public sealed class ProjectionBarrier(TimeSpan waitMax)
{
    static readonly Meter Meter = new("Varve.Projections");
    static readonly Counter<long> TimedOut = Meter.CreateCounter<long>("varve.barrier.timeouts");

    readonly Lock gate = new();
    readonly PriorityQueue<TaskCompletionSource<bool>, long> waiting = new();
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
    public ValueTask<bool> PassOwnWrites(CancellationToken cancel)
    {
        var own = Volatile.Read(ref acknowledged);
        return Reached.Value >= own ? ValueTask.FromResult(true) : Pass(new(own), cancel);
    }

    internal void Acknowledge(long position)
    {
        lock (gate)
            Volatile.Write(ref acknowledged, Math.Max(acknowledged, position));
    }
}

/// <summary>Holds the answer to a command back until the read models show it.</summary>
public sealed class BarrierBehavior(ProjectionBarrier barrier, IEventStore store) : IPipelineBehavior<Command, Outcome>
{
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
            await barrier.Pass(new(position), cancellationToken);
        }
        return outcome;
    }
}
