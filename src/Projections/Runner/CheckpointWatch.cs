using Microsoft.Extensions.Logging;
using Varve.Projections.Databases;
using Varve.Projections.Redis;

namespace Varve.Projections.Runner;

/// <summary>
/// Tells the barrier of a process how far the read models are that another process keeps: by looking, often while
/// somebody waits and seldom else. Where it is told by Redis it need not look so often. Run it once.
/// </summary>
/// <param name="signals">Null for none.</param>
public sealed class CheckpointWatch(
    IReadDatabase database,
    ProjectionBarrier barrier,
    RedisSignals? signals,
    TimeProvider clock,
    ILogger<CheckpointWatch> logger
)
{
    static readonly TimeSpan Seldom = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan Often = TimeSpan.FromMilliseconds(2);
    static readonly TimeSpan OftenWhenTold = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(500);

    /// <summary>What keeps it from looking; null if nothing does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Looks until cancelled. Faults are logged once and tried again.</summary>
    public async Task Run(CancellationToken cancel)
    {
        if (signals is not null)
            await signals.Hear(barrier.Advance);
        while (!cancel.IsCancellationRequested)
            try
            {
                await Look(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                if (Fault is null)
                    logger.CheckpointNotRead(PauseAfterFault, fault);
                Fault = fault.Message;
                await Task.Delay(PauseAfterFault, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    async Task Look(CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        while (true)
        {
            var reached = await Projector.ReadCheckpoint(lease.Session, cancel);
            barrier.Stopped = [.. await StoppedProjection.Read(lease.Session, cancel)];
            barrier.Advance(reached);
            Fault = null;
            if (barrier.Awaited)
                await Task.Delay(signals is { AreHeard: true } ? OftenWhenTold : Often, clock, cancel);
            else
                await barrier.Wanted(Seldom, cancel);
        }
    }
}
