using System.Diagnostics;

namespace Varve.Domain.Contents;

/// <summary>Immutable bytes: where they are, and whether they are to stay.</summary>
/// <param name="Stored">Null where there are no bytes (not yet, or purged).</param>
/// <param name="PurgeNotBefore">Set while a purge is scheduled.</param>
/// <param name="Damaged">Its bytes were found wrong, and not repaired since: the next writer's bytes replace
/// them.</param>
public sealed record Content(ContentEvent.Stored? Stored, DateTimeOffset? PurgeNotBefore, bool Damaged)
{
    public static readonly Decider<Content, ContentCommand, ContentEvent> Decider = new(
        new Content(null, null, false),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    /// <summary>Whether a writer of the same content may drop its bytes.</summary>
    public bool Holds => Stored is not null && !Damaged;

    static Decision<ContentEvent> Decide(Content content, ContentCommand command) =>
        command switch
        {
            ContentCommand.Use { Facts: { Location: { } location } facts } c when !content.Holds =>
                new ContentEvent.Stored(facts.Hash.Hex, facts.Sha1, facts.Md5, facts.Size, location, c.Context.At),
            ContentCommand.Use when content.Stored is null => new Rejection(
                ErrorCode.OperationAborted,
                "The content was purged meanwhile."
            ),
            ContentCommand.Use c when content.PurgeNotBefore is not null => new ContentEvent.Revived(c.Context.At),
            ContentCommand.Use => new NoChange(),

            ContentCommand.ReportDamage c when c.Location == content.Stored?.Location && !content.Damaged =>
                new ContentEvent.Damaged(c.Location, c.Detail, c.Context.At),
            ContentCommand.ReportDamage => new NoChange(),

            ContentCommand.SchedulePurge when content.Stored is null || content.PurgeNotBefore is not null =>
                new NoChange(),
            ContentCommand.SchedulePurge c => new ContentEvent.PurgeScheduled(c.NotBefore, c.Context.At),

            ContentCommand.Purge c when content.PurgeNotBefore <= c.Context.At => new ContentEvent.Purged(c.Context.At),
            ContentCommand.Purge => new Rejection(ErrorCode.OperationAborted, "The content is in use."),
            _ => throw new UnreachableException(),
        };

    static Content Evolve(Content content, ContentEvent @event) =>
        @event switch
        {
            ContentEvent.Stored e => new Content(e, null, Damaged: false),
            ContentEvent.Damaged => content with { Damaged = true },
            ContentEvent.PurgeScheduled e => content with { PurgeNotBefore = e.NotBefore },
            ContentEvent.Revived => content with { PurgeNotBefore = null },
            ContentEvent.Purged => Decider.Initial,
            _ => throw new UnreachableException(),
        };
}
