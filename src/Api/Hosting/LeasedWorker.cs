using Varve.Projections.Runner;
using Varve.Workers;

namespace Varve.Api.Hosting;

/// <summary>A worker that runs in one process at a time; the others stand by.</summary>
sealed class LeasedWorker(IWorker worker, MySqlLease lease, TimeProvider clock, ILogger<LeasedWorker> logger) : IWorker
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            try
            {
                await using var tenure = await lease.Acquire(cancel);
                using var held = CancellationTokenSource.CreateLinkedTokenSource(cancel, tenure.Lost);
                await worker.Run(held.Token);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                logger.LeasedWorkerFailed(worker.GetType().Name, Pause, fault);
                await Task.Delay(Pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }
}
