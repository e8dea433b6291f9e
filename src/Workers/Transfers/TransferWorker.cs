using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Contents;

namespace Varve.Workers.Transfers;

/// <summary>Copies what the queue of transfers hands out; any number of processes do, each what it is handed.</summary>
/// <param name="tiers">Whose queues.</param>
public sealed class TransferWorker(
    ITransferQueue queue,
    ContentCopier copier,
    IMediator door,
    IReadOnlyList<string> tiers,
    TransferMetrics metrics,
    TimeProvider clock,
    ILogger<TransferWorker> logger
) : IWorker
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    public Task Run(CancellationToken cancel)
    {
        metrics.ObserveQueue(() => queue.Fault is null);
        return Task.WhenAll(tiers.Select(tier => Consume(tier, cancel)));
    }

    async Task Consume(string tier, CancellationToken cancel)
    {
        var consumer = new Consumer(tier, copier, door, metrics, clock, logger);
        while (!cancel.IsCancellationRequested)
            try
            {
                await queue.Consume(tier, consumer, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.WorkerFailed(nameof(TransferWorker), Pause, fault);
                await Task.Delay(Pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    sealed class Consumer(
        string tier,
        ContentCopier copier,
        IMediator door,
        TransferMetrics metrics,
        TimeProvider clock,
        ILogger logger
    ) : ITransferConsumer
    {
        /// <summary>The tier is the queue's, whatever the message says of it.</summary>
        public Task Transfer(TransferData data, CancellationToken cancel) => copier.Copy(data.Content, tier, cancel);

        public void Delayed(TransferData data, Exception fault, TimeSpan delay)
        {
            metrics.Retried(tier);
            logger.TransferDelayed(data.Content.Hex, tier, delay, fault.Message);
        }

        public async Task GaveUp(TransferData data, Exception fault, CancellationToken cancel)
        {
            metrics.Failed(tier);
            logger.TransferGivenUp(data.Content.Hex, tier, fault.Message);
            var now = clock.GetUtcNow();
            await door.Send(
                new ContentCommand.ReportCopyFailure(
                    new CommandContext(Guid.CreateVersion7(now), "varve", now),
                    data.Content,
                    tier,
                    fault.Message
                ),
                cancel
            );
        }
    }
}
