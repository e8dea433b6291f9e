using Microsoft.Extensions.Logging;

namespace Varve.Workers;

/// <summary>What a worker does again and again.</summary>
static class Rounds
{
    /// <summary>Does it at once and then once an interval, until cancelled. A fault is logged, and the next round is
    /// tried all the same.</summary>
    /// <param name="name">Of the worker, for the log.</param>
    public static async Task Run(
        Func<CancellationToken, Task> round,
        TimeSpan interval,
        string name,
        TimeProvider clock,
        ILogger logger,
        CancellationToken cancel
    )
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            do try
            {
                await round(cancel);
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                logger.WorkerFailed(name, interval, fault);
            }
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
