using System.Collections.Immutable;
using System.Diagnostics;

namespace Varve.Domain.Contents;

/// <summary>Immutable bytes: in which tiers they are, and whether they are to stay.</summary>
/// <param name="Stored">Null where there are no bytes (not yet, or purged).</param>
/// <param name="Copies">By tier, sound or damaged. A damaged one stays until sound bytes replace it.</param>
/// <param name="Purge">Set while a purge is scheduled.</param>
/// <param name="Emptied">Locations that were given up. Their bytes go some time after the event that says so, and so
/// nothing is kept there again.</param>
public sealed record Content(
    ContentEvent.Stored? Stored,
    ImmutableSortedDictionary<string, ContentCopy> Copies,
    ContentEvent.PurgeScheduled? Purge,
    ImmutableHashSet<string> Emptied
)
{
    static readonly ImmutableSortedDictionary<string, ContentCopy> NoCopies = ImmutableSortedDictionary.Create<
        string,
        ContentCopy
    >(StringComparer.Ordinal);

    public static readonly Decider<Content, ContentCommand, ContentEvent> Decider = new(
        new Content(null, NoCopies, null, []),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    /// <summary>Whether a writer of the same content may drop its bytes: some tier's are sound.</summary>
    public bool Holds => Copies.Values.Any(copy => !copy.Damaged);

    /// <summary>The nearest first.</summary>
    public IEnumerable<ContentCopy> SoundCopies =>
        Copies.Values.Where(copy => !copy.Damaged).OrderBy(copy => StoreTypes.Distance(copy.Tier));

    /// <summary>Of the nearest sound copy, or of the bytes as they were stored where none is sound; null without
    /// bytes.</summary>
    public string? Location => SoundCopies.FirstOrDefault()?.Location ?? Stored?.Location;

    /// <summary>Whether the bytes are sound in a tier.</summary>
    public bool IsIn(string tier) => Copies.TryGetValue(tier, out var copy) && !copy.Damaged;

    static Decision<ContentEvent> Decide(Content content, ContentCommand command) =>
        command switch
        {
            ContentCommand.Use { Facts.Location: { } location }
                when !content.Holds && content.Emptied.Contains(location) => Gone,
            ContentCommand.Use { Facts: { Location: { } location } facts } c when !content.Holds =>
                new ContentEvent.Stored(facts.Hash.Hex, facts.Sha1, facts.Md5, facts.Size, location, c.Context.At),
            ContentCommand.Use when content.Stored is null => Gone,
            ContentCommand.Use c when content.Purge is not null => new ContentEvent.Revived(c.Context.At),
            ContentCommand.Use => new NoChange(),

            ContentCommand.ReportDamage c when content.SoundCopies.Any(copy => copy.Location == c.Location) =>
                new ContentEvent.Damaged(c.Location, c.Detail, c.Context.At),
            ContentCommand.ReportDamage => new NoChange(),

            ContentCommand.AddCopy when content.Stored is null => Gone,
            ContentCommand.AddCopy c when content.Emptied.Contains(c.Location) => Gone,
            ContentCommand.AddCopy c => AddCopy(content, content.Stored.Sha1, c, ContentCopy.TierOf(c.Location)),

            ContentCommand.ReportCopyFailure c when content.Stored is null || content.IsIn(c.Tier) => new NoChange(),
            ContentCommand.ReportCopyFailure c => new ContentEvent.CopyFailed(c.Tier, c.Reason, c.Context.At),

            ContentCommand.Evict when content.Stored is null => new NoChange(),
            ContentCommand.Evict c => Evict(content, content.Stored.Sha1, c),

            ContentCommand.SchedulePurge when content.Stored is null || content.Purge is not null => new NoChange(),
            ContentCommand.SchedulePurge c => new ContentEvent.PurgeScheduled(c.NotBefore, c.Context.At),

            ContentCommand.Purge c when content.Purge?.NotBefore <= c.Context.At => new ContentEvent.Purged(
                c.Context.At
            ),
            ContentCommand.Purge => new Rejection(ErrorCode.OperationAborted, "The content is in use."),
            _ => throw new UnreachableException(),
        };

    static Rejection Gone => new(ErrorCode.OperationAborted, "The content was purged meanwhile.");

    static Decision<ContentEvent> AddCopy(Content content, string sha1, ContentCommand.AddCopy command, string tier)
    {
        if (content.IsIn(tier))
            return new NoChange();
        return content.Copies.ContainsKey(tier)
            ? new ContentEvent.Repaired(sha1, tier, command.Location, command.From, command.Context.At)
            : new ContentEvent.Copied(sha1, tier, command.Location, command.Context.At);
    }

    static Decision<ContentEvent> Evict(Content content, string sha1, ContentCommand.Evict command)
    {
        if (!content.Copies.TryGetValue(command.Tier, out var copy))
            return new NoChange();
        return content.SoundCopies.Any(other => other.Tier != command.Tier)
            ? new ContentEvent.Evicted(sha1, command.Tier, copy.Location, command.Context.At)
            : new Rejection(ErrorCode.OperationAborted, "No other tier has a sound copy.");
    }

    static Content Evolve(Content content, ContentEvent @event) =>
        @event switch
        {
            // New bytes come where no sound ones are left: what other tiers have stays damaged.
            ContentEvent.Stored e => content with
            {
                Stored = e,
                Copies = With(content, ContentCopy.TierOf(e.Location), e.Location),
                Purge = null,
            },
            ContentEvent.Damaged e => content with { Copies = Damage(content.Copies, e.Location) },
            ContentEvent.Copied e => content with { Copies = With(content, e.Tier, e.Location) },
            ContentEvent.Repaired e => content with { Copies = With(content, e.Tier, e.Location) },
            ContentEvent.CopyFailed => content,
            ContentEvent.Evicted e => content with
            {
                Copies = content.Copies.Remove(e.Tier),
                Emptied = content.Emptied.Add(e.Location),
            },
            ContentEvent.PurgeScheduled e => content with { Purge = e },
            ContentEvent.Revived => content with { Purge = null },
            ContentEvent.Purged => Decider.Initial with
            {
                Emptied = content.Emptied.Union(content.Copies.Values.Select(copy => copy.Location)),
            },
            _ => throw new UnreachableException(),
        };

    static ImmutableSortedDictionary<string, ContentCopy> With(Content content, string tier, string location) =>
        content.Copies.SetItem(tier, new(tier, location, Damaged: false));

    static ImmutableSortedDictionary<string, ContentCopy> Damage(
        ImmutableSortedDictionary<string, ContentCopy> copies,
        string location
    ) =>
        copies.Values.FirstOrDefault(copy => copy.Location == location) is { } found
            ? copies.SetItem(found.Tier, found with { Damaged = true })
            : copies;
}

/// <summary>A content's bytes in one tier.</summary>
public sealed record ContentCopy(string Tier, string Location, bool Damaged)
{
    /// <summary>The first word of a location: <c>disk</c> of <c>disk:volume/000012@4096</c>.</summary>
    public static string TierOf(string location) =>
        location.IndexOf(':', StringComparison.Ordinal) is > 0 and var end
            ? location[..end]
            : throw new FormatException($"'{location}' names no tier.");
}
