using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.EventStores;
using Varve.Tiers;

namespace Varve.Workers.Transfers;

/// <summary>
/// Brings a content's bytes from a tier that has them to one that lacks them, and puts it on record. Bytes that are not
/// the content's go nowhere. Doing it twice is harmless. Thread-safe.
/// </summary>
public sealed class ContentCopier(
    AggregateStates states,
    IMediator door,
    TieredContents contents,
    TransferMetrics metrics,
    TimeProvider clock,
    ILogger<ContentCopier> logger
)
{
    /// <summary>Returns when the tier's copy is sound and on record, or when there is no such content any more.
    /// </summary>
    /// <returns>Where a copy is that this call brought; null if there was nothing to bring.</returns>
    /// <exception cref="ContentDamagedException">No sound copy is left to take it from.</exception>
    /// <exception cref="TierUnavailableException">A tier does not answer, or none of this name is set up.</exception>
    public async Task<string?> Copy(ContentHash hash, string tier, CancellationToken cancel)
    {
        var content = await states.Read(Content.Decider, hash.Stream, cancel);
        if (content.Stored is not { } stored || content.IsIn(tier))
            return null;
        var target = contents.Named(tier);
        var from =
            content.SoundCopies.FirstOrDefault()
            ?? throw new ContentDamagedException(stored.Location, "no sound copy is left");

        var location = await Bring(hash, content, from.Location, target, cancel);
        var now = clock.GetUtcNow();
        var outcome = await door.Send(
            new ContentCommand.AddCopy(
                new CommandContext(Guid.CreateVersion7(now), "varve", now),
                hash,
                location,
                from.Location
            ),
            cancel
        );
        var kept = outcome.Rejection is null ? outcome.State<Content>().Copies[tier].Location : null;
        if (kept != location)
        {
            await target.Purge(location, cancel); // purged meanwhile, or another was first
            return null;
        }
        await DropDamaged(content, target, location, cancel);
        metrics.Copied(tier, stored.Size);
        logger.ContentCopied(hash.Hex, location, stored.Size);
        return location;
    }

    async Task<string> Bring(ContentHash hash, Content content, string from, ITier target, CancellationToken cancel)
    {
        var (size, elsewhere) = (content.Stored!.Size, !content.Emptied.IsEmpty);
        await using var reader = await contents.Open(hash.Hex, from, size, cancel);
        await using var body = new StoredBody(reader, 0, size, cancel);
        var options = new StageOptions(Checksum: null, size)
        {
            Sha256 = elsewhere ? null : Convert.FromHexString(hash.Hex),
        };
        await using var staged = await target.Stage(body, options, cancel);
        staged.Elsewhere = elsewhere;
        return ContentHash.FromBytes(staged.Sha256) == hash
            ? await target.Keep(staged, cancel)
            : throw new ContentDamagedException(from, "the bytes have another SHA-256");
    }

    /// <summary>What a sound copy replaced is nobody's any more, where it is somewhere else.</summary>
    static async ValueTask DropDamaged(Content before, ITier tier, string location, CancellationToken cancel)
    {
        if (before.Copies.TryGetValue(tier.Name, out var damaged) && damaged.Location != location)
            await tier.Purge(damaged.Location, cancel);
    }
}
