using Varve.Domain.Uploads;
using Varve.EventStores;

namespace Varve.Projections.Uploads;

/// <summary>Tells a progress view of the events of uploads, once their rows are committed.</summary>
static class UploadProgressFeed
{
    public static ValueTask Feed(this IUploadProgress progress, RecordedEvent recorded, CancellationToken cancel)
    {
        var id = UploadRows.IdOf(recorded.Stream);
        return recorded.Decoded() switch
        {
            UploadEvent.Initiated e => progress.Begin(id, TotalsOf(e.Plan), cancel),
            UploadEvent.PartUploaded e => progress.Receive(id, e.Number, cancel),
            UploadEvent.Completed or UploadEvent.Cancelled or UploadEvent.Expired => progress.End(id, cancel),
            _ => ValueTask.CompletedTask,
        };
    }

    static UploadTotals TotalsOf(UploadPlan? plan) =>
        plan is null ? new UploadTotals(0, "", 0) : new UploadTotals(plan.ChunkCount, plan.FileHash, plan.FileSize);
}
