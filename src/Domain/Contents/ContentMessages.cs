namespace Varve.Domain.Contents;

/// <summary>What an object needs to know of its content.</summary>
/// <param name="Sha1">40 lower-case hex digits: the key of the REST contract.</param>
/// <param name="Md5">32 lower-case hex digits; null where the content was joined from parts.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Location">Where its bytes were just kept; null if the content must be there already.</param>
public sealed record ContentFacts(ContentHash Hash, string Sha1, string? Md5, long Size, string? Location);

public abstract record ContentCommand(CommandContext Context, ContentHash Hash) : Command(Context)
{
    public sealed override string Stream => Hash.Stream;

    public override IEnumerable<Step> Steps() => [Step.On(Content.Decider, Stream, this)];

    /// <summary>An object is about to point at the content: it must be there, or come now.</summary>
    public sealed record Use(CommandContext Context, ContentFacts Facts) : ContentCommand(Context, Facts.Hash);

    /// <summary>Its bytes turned out not to be what was kept.</summary>
    public sealed record ReportDamage(CommandContext Context, ContentHash Hash, string Location, string Detail)
        : ContentCommand(Context, Hash);

    /// <summary>A tier has its bytes now, at <paramref name="Location"/>, whose first word is the tier's name: a copy
    /// more, or one in the place of a damaged one.</summary>
    /// <param name="From">The copy that they were taken from.</param>
    public sealed record AddCopy(CommandContext Context, ContentHash Hash, string Location, string From)
        : ContentCommand(Context, Hash);

    /// <summary>A tier could not be given its bytes, however often it was tried.</summary>
    public sealed record ReportCopyFailure(CommandContext Context, ContentHash Hash, string Tier, string Reason)
        : ContentCommand(Context, Hash);

    /// <summary>A tier's copy is to go; refused where no other tier has a sound one.</summary>
    public sealed record Evict(CommandContext Context, ContentHash Hash, string Tier) : ContentCommand(Context, Hash);

    /// <summary>Nothing points at the content: its bytes may go when <paramref name="NotBefore"/> has passed.</summary>
    public sealed record SchedulePurge(CommandContext Context, ContentHash Hash, DateTimeOffset NotBefore)
        : ContentCommand(Context, Hash);

    /// <summary>The bytes go now; refused if anything used the content since the purge was scheduled.</summary>
    public sealed record Purge(CommandContext Context, ContentHash Hash) : ContentCommand(Context, Hash);
}

/// <summary>Stored for ever. A field's meaning never changes; see <see cref="EventCatalog"/> for names.</summary>
public abstract record ContentEvent
{
    ContentEvent() { }

    /// <param name="Sha256">64 lower-case hex digits, as in the stream's name.</param>
    /// <param name="Location">Such as <c>disk:volume/000012@4096</c>.</param>
    public sealed record Stored(string Sha256, string Sha1, string? Md5, long Size, string Location, DateTimeOffset At)
        : ContentEvent;

    public sealed record Damaged(string Location, string Detail, DateTimeOffset At) : ContentEvent;

    /// <summary>Another tier has the bytes, too.</summary>
    /// <param name="Sha1">Of the content, as in all events of its copies: the key of who looks for the file.</param>
    /// <param name="Tier">Such as <c>ceph</c>: the first word of the location.</param>
    public sealed record Copied(string Sha1, string Tier, string Location, DateTimeOffset At) : ContentEvent;

    /// <summary>The tier has no copy, and nobody tries any more before somebody asks for it.</summary>
    public sealed record CopyFailed(string Tier, string Reason, DateTimeOffset At) : ContentEvent;

    /// <summary>The tier's copy is given up; its bytes go after this.</summary>
    public sealed record Evicted(string Sha1, string Tier, string Location, DateTimeOffset At) : ContentEvent;

    /// <summary>Sound bytes are in the place of the tier's damaged ones.</summary>
    /// <param name="From">The copy that they were taken from.</param>
    public sealed record Repaired(string Sha1, string Tier, string Location, string From, DateTimeOffset At)
        : ContentEvent;

    public sealed record PurgeScheduled(DateTimeOffset NotBefore, DateTimeOffset At) : ContentEvent;

    public sealed record Revived(DateTimeOffset At) : ContentEvent;

    public sealed record Purged(DateTimeOffset At) : ContentEvent;
}
