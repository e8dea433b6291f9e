using System.Globalization;
using Microsoft.Extensions.Logging;
using Varve.Domain.Contents;
using Varve.Domain.Uploads;
using Varve.EventStores;
using Varve.Tiers;

namespace Varve.Workers;

/// <summary>
/// Deletes the bytes of parts that became nothing: those of cancelled and expired uploads, those that were uploaded
/// again, left out, or turned out to be held already. Where it has got to is kept in a file of the data folder; losing
/// that file only makes it look again.
/// </summary>
public sealed class PartSweeper(
    IEventStore store,
    AggregateStates states,
    ITier tier,
    string dataFolder,
    ILogger<PartSweeper> logger
) : IWorker
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    static readonly string[] Uploads = ["upload-"];

    /// <summary>Other streams' events that may be looked through again after a start.</summary>
    const long Unsaved = 10_000;

    readonly string checkpoint = Path.Combine(dataFolder, "part-sweeper.position");

    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            try
            {
                await Follow(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.WorkerFailed(nameof(PartSweeper), Pause, fault);
                await Task.Delay(Pause, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    async Task Follow(CancellationToken cancel)
    {
        var saved = await ReadCheckpoint(cancel);
        await foreach (var batch in store.Subscribe(saved, Uploads, cancel))
        {
            foreach (var recorded in batch.Events)
                if (recorded.Decoded() is UploadEvent.Completed or UploadEvent.Cancelled or UploadEvent.Expired)
                    await Sweep(recorded.Stream, cancel);
            if (batch.Events.Count > 0 || batch.Upto.Value >= saved.Value + Unsaved)
                await Save(saved = batch.Upto, cancel);
        }
    }

    async Task Sweep(string stream, CancellationToken cancel)
    {
        var upload = await states.Read(Upload.Decider, stream, cancel);
        if (upload.Status == UploadStatus.Open)
            return;
        var needed = await Needed(upload, cancel);
        var swept = 0;
        await foreach (var recorded in store.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, cancel))
            if (recorded.Decoded() is UploadEvent.PartUploaded part && !needed.Contains(part.Location))
            {
                await tier.Purge(part.Location, cancel);
                swept++;
            }
        tier.Forget(stream["upload-".Length..]);
        if (swept > 0)
            logger.PartsSwept(swept, stream);
    }

    /// <summary>The locations that a content may be made of.</summary>
    async ValueTask<HashSet<string>> Needed(Upload upload, CancellationToken cancel)
    {
        if (upload.Completed is not { } completed)
            return [];
        var content = await states.Read(Content.Decider, new ContentHash(completed.Content).Stream, cancel);
        // Another writer's bytes serve. Where none of this upload's were offered, and the others came after it began,
        // they may be these very parts, kept by a completion that was cut short: then they stay.
        var others = completed.Location is null
            ? content.Stored?.At < upload.Initiated?.At
            : content.Stored?.Location != completed.Location;
        if (others)
            return [];
        var unused = completed.Unused ?? [];
        return [.. upload.Parts.Values.Where(part => !unused.Contains(part.Number)).Select(part => part.Location)];
    }

    async Task Save(Position position, CancellationToken cancel)
    {
        var beside = checkpoint + ".new";
        await File.WriteAllTextAsync(beside, position.ToString(), cancel);
        File.Move(beside, checkpoint, overwrite: true);
    }

    async ValueTask<Position> ReadCheckpoint(CancellationToken cancel) =>
        File.Exists(checkpoint)
        && long.TryParse(
            await File.ReadAllTextAsync(checkpoint, cancel),
            CultureInfo.InvariantCulture,
            out var position
        )
            ? new(position)
            : Position.Start;
}
