using Microsoft.Extensions.Logging;
using Varve.Domain.Contents;
using Varve.Domain.Uploads;
using Varve.EventStores;
using Varve.Tiers;

namespace Varve.Workers;

/// <summary>
/// Deletes the bytes of parts that became nothing: those of cancelled and expired uploads, those that were uploaded
/// again, left out, or turned out to be held already. A part may be in another tier than today's.
/// </summary>
/// <param name="places">Has <c>part-sweeper</c>: how far the log was seen.</param>
public sealed class PartSweeper(
    IEventStore store,
    AggregateStates states,
    TieredContents contents,
    ILogPlaces places,
    TimeProvider clock,
    ILogger<PartSweeper> logger
) : IWorker
{
    static readonly string[] Uploads = ["upload-"];

    public Task Run(CancellationToken cancel) =>
        new LogFollower(store, Uploads, places, "part-sweeper", nameof(PartSweeper), clock, logger).Run(
            SweepEnded,
            cancel
        );

    async Task SweepEnded(IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        foreach (var recorded in events)
            if (recorded.Decoded() is UploadEvent.Completed or UploadEvent.Cancelled or UploadEvent.Expired)
                await Sweep(recorded.Stream, cancel);
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
                await contents.Named(ContentCopy.TierOf(part.Location)).Purge(part.Location, cancel);
                swept++;
            }
        contents.Forget(stream["upload-".Length..]);
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
}
