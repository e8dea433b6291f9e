using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Domain.Uploads;
using Varve.EventStores;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Workers;

/// <summary>
/// Lets the bytes of contents go that no version of any object has. Such a content is first scheduled; when the time
/// has come and still nothing has it, it is purged by an event, and its bytes are deleted by who follows the log, and
/// so after a crash as well. A writer that uses it meanwhile revives it: the content's revision decides who was first.
/// </summary>
/// <param name="keep">How long a content stays after nothing has it any more, so that the past can be read and
/// restored. At least a minute: what a command has looked at, it writes sooner. Null: for ever.</param>
/// <param name="places">Has <c>purger</c>: how far the log was seen.</param>
public sealed class Purger(
    IEventStore store,
    AggregateStates states,
    ReadModels reads,
    TieredContents contents,
    IMediator door,
    TimeSpan? keep,
    ILogPlaces places,
    TimeProvider clock,
    ILogger<Purger> logger
) : IWorker
{
    static readonly TimeSpan IntervalMax = TimeSpan.FromHours(1);
    static readonly TimeSpan IntervalMin = TimeSpan.FromSeconds(1);
    static readonly string[] Contents = ["content-"];
    const int PageMax = 10_000;
    const int AtOnce = 100;

    public Task Run(CancellationToken cancel)
    {
        var deleting = new LogFollower(store, Contents, places, "purger", nameof(Purger), clock, logger).Run(
            DeletePurged,
            cancel
        );
        if (keep is not { } time)
            return deleting;
        var interval = TimeSpan.FromTicks(Math.Clamp((time / 24).Ticks, IntervalMin.Ticks, IntervalMax.Ticks));
        return Task.WhenAll(
            deleting,
            Rounds.Run(stop => Purge(time, stop), interval, nameof(Purger), clock, logger, cancel)
        );
    }

    /// <summary>Goes through all contents once.</summary>
    /// <returns>How many were purged.</returns>
    public async Task<int> Purge(TimeSpan keep, CancellationToken cancel)
    {
        if (await reads.WhatIsMissing(store, cancel) is { } missing)
        {
            logger.NothingPurged(missing);
            return 0;
        }
        await Revive(cancel);
        var oldest = await OldestUpload(cancel);
        var now = clock.GetUtcNow();
        var purged = 0;
        IReadOnlyList<UnreferencedContent> page = [];
        do
        {
            page = await reads.Unreferenced(page is [.., var last] ? last.Content : "", now, PageMax, cancel);
            // Some at once, so that they share the log's commits.
            foreach (var some in page.Chunk(AtOnce))
                purged += (await Task.WhenAll(some.Select(Take))).Count(gone => gone);
        } while (page.Count == PageMax);
        if (purged > 0)
            logger.ContentsPurged(purged);
        return purged;

        async Task<bool> Take(UnreferencedContent one)
        {
            var hash = new ContentHash(one.Content);
            if (!one.IsDue)
            {
                await door.Send(new ContentCommand.SchedulePurge(Context(), hash, now + keep), cancel);
                return false;
            }
            // The time that the setting says today counts too, and a cut completion of an open upload may have made a
            // content of its parts: those are the upload's yet.
            var scheduled = (await states.Read(Content.Decider, hash.Stream, cancel)).Purge?.At;
            if (!(scheduled + keep <= now && scheduled < oldest))
                return false;
            var outcome = await door.Send(new ContentCommand.Purge(Context(), hash), cancel);
            return outcome is { Rejection: null, Position: not null };
        }
    }

    /// <summary>A writer that saw a content before it was scheduled has used it without a word.</summary>
    async Task Revive(CancellationToken cancel)
    {
        foreach (var content in await reads.ReferencedAgain(PageMax, cancel))
        {
            var hash = new ContentHash(content);
            if ((await states.Read(Content.Decider, hash.Stream, cancel)).Stored is { } stored)
                await door.Send(
                    new ContentCommand.Use(Context(), new(hash, stored.Sha1, stored.Md5, stored.Size, Location: null)),
                    cancel
                );
        }
    }

    /// <returns>When the oldest upload was begun that is open.</returns>
    async ValueTask<DateTimeOffset> OldestUpload(CancellationToken cancel)
    {
        if (await reads.UploadsBegunBefore(DateTimeOffset.MaxValue, 1, cancel) is not [var oldest])
            return DateTimeOffset.MaxValue;
        var upload = await states.Read(Upload.Decider, Upload.StreamOf(oldest), cancel);
        return upload.Initiated?.At ?? DateTimeOffset.MaxValue;
    }

    async Task DeletePurged(IReadOnlyList<RecordedEvent> events, CancellationToken cancel)
    {
        foreach (var recorded in events)
            if (recorded.Decoded() is ContentEvent.Purged)
                foreach (var copy in await CopiesBefore(recorded, cancel))
                    await contents.Named(copy.Tier).Purge(copy.Location, cancel);
    }

    /// <summary>The copies that a purge gave up. Nothing is kept again where one was.</summary>
    async ValueTask<IEnumerable<ContentCopy>> CopiesBefore(RecordedEvent purged, CancellationToken cancel)
    {
        var content = Content.Decider.Initial;
        var before = store.ReadStream(purged.Stream, Direction.Forwards, 0, purged.Revision, cancel);
        await foreach (var recorded in before)
            content = Content.Decider.Evolve(content, (ContentEvent)recorded.Decoded());
        return content.Copies.Values;
    }

    CommandContext Context()
    {
        var now = clock.GetUtcNow();
        return new(Guid.CreateVersion7(now), "varve", now);
    }
}
