using System.Diagnostics;

namespace Varve.Domain.Objects;

/// <summary>A name and what it points at now.</summary>
/// <param name="Current">The current version; null where there is none (never, or deleted).</param>
public sealed record StoredObject(ObjectEvent.Put? Current)
{
    /// <summary>There is none because a delete marker hides what was.</summary>
    public bool IsMarked { get; init; }

    public static readonly Decider<StoredObject, ObjectCommand, ObjectEvent> Decider = new(
        new StoredObject(Current: null),
        Decide,
        Evolve,
        Fold.LastEvent
    );

    static Decision<ObjectEvent> Decide(StoredObject stored, ObjectCommand command) =>
        command switch
        {
            ObjectCommand.Put c when stored.RefusalOf(c.Condition) is { } no => no,
            ObjectCommand.Put { Origin: not ObjectOrigin.Upload } c
                when Amendment.RefusalOf(c.Lock, c.Within, c.Context.At) is { } no => no,
            ObjectCommand.Put c => new ObjectEvent.Put(
                VersionIdOf(c),
                c.Content.Hash.Hex,
                c.Content.Sha1,
                c.PlainSize ?? c.Content.Size,
                c.ETag,
                c.Attributes,
                c.Checksum,
                c.Origin,
                c.Source,
                c.Context.At,
                c.Upload,
                c.Encryption,
                c.Within.Versioning,
                c.Tags,
                Amendment.ForNew(c.Lock, c.Within, c.Context.At)
            )
            {
                Acl = c.Acl,
                Posted = c.Posted ? true : null,
            },

            ObjectCommand.Delete c when stored.IsMarked && !c.Condition.HoldsForMarker => new Rejection(
                ErrorCode.PreconditionFailed,
                "The object is deleted."
            ),
            // Whatever was expected of it; only a versioned bucket gets a marker where nothing was.
            ObjectCommand.Delete c
                when stored.Current is null && (c.Within.Versioning is null || c.Condition != WriteCondition.None) =>
                new NoChange(),
            ObjectCommand.Delete c when stored.RefusalOf(c.Condition) is { } no => no,
            ObjectCommand.Delete { Version: { } version } when version != stored.Current?.VersionId => new NoChange(),
            ObjectCommand.Delete c => new ObjectEvent.Deleted(
                VersionIdOf(c),
                c.RenamedTo,
                c.Context.At,
                c.Within.Versioning
            ),

            ObjectCommand.Amend when stored.Current is null => ErrorCode.NoSuchKey,
            ObjectCommand.Amend c => Amendment.Of(stored.Current, amended => amended, c),

            ObjectCommand.Restore c when stored.Current?.VersionId == c.VersionId => new NoChange(),
            ObjectCommand.Restore c
                when stored.Current is { Origin: ObjectOrigin.Restore } current && current.Source == c.VersionId =>
                new NoChange(),
            ObjectCommand.Restore c => new ObjectEvent.Put(
                VersionIdOf(c),
                c.Content.Hash.Hex,
                c.Content.Sha1,
                c.Content.Size,
                c.ETag,
                c.Attributes,
                c.Checksum,
                ObjectOrigin.Restore,
                c.VersionId,
                c.Context.At,
                c.Upload,
                c.Encryption,
                c.Within.Versioning,
                c.Tags,
                Amendment.ForNew(own: null, c.Within, c.Context.At)
            ),

            ObjectCommand.Rename when stored.Current is null => ErrorCode.NoSuchKey,
            ObjectCommand.Rename c when c.Sha1 is not null && c.Sha1 != stored.Current.Sha1 => ErrorCode.NoSuchFile,
            ObjectCommand.Rename c when (c.VersionId ?? stored.Current.VersionId) != stored.Current.VersionId =>
                ErrorCode.ConditionalRequestConflict,
            ObjectCommand.Rename c when c.To == c.Object => new NoChange(),
            ObjectCommand.Rename c => new ObjectEvent.Deleted(
                VersionIdOf(c),
                c.To.ToString(),
                c.Context.At,
                c.Within.Versioning
            ),
            _ => throw new UnreachableException(),
        };

    static StoredObject Evolve(StoredObject stored, ObjectEvent @event) =>
        @event switch
        {
            ObjectEvent.Put e => new StoredObject(e),
            ObjectEvent.Deleted e => new StoredObject(Current: null) { IsMarked = e.Versioning is not null },
            ObjectEvent.VersionDeleted e => new StoredObject(e.Current),
            ObjectEvent.Tagged e => new StoredObject(e.Current),
            ObjectEvent.LockSet e => new StoredObject(e.Current),
            ObjectEvent.AclSet e => new StoredObject(e.Current),
            _ => throw new UnreachableException(),
        };

    /// <summary>The current version that an event of an object's stream left; null if none.</summary>
    public static ObjectEvent.Put? LeftBy(object @event) =>
        @event is ObjectEvent known ? Evolve(Decider.Initial, known).Current : null;

    /// <summary>Why a write that depends on this condition would be refused; null where it would not.</summary>
    public Rejection? RefusalOf(WriteCondition condition) =>
        (Current?.ETag, condition) switch
        {
            (not null, { LastModified: { } time }) when Current!.At.UtcTicks / Second != time.UtcTicks / Second =>
                new Rejection(ErrorCode.PreconditionFailed, "x-amz-if-match-last-modified-time"),
            (not null, { Size: { } size }) when Current!.Size != size => new Rejection(
                ErrorCode.PreconditionFailed,
                "x-amz-if-match-size"
            ),
            (null, { IfMatch: not null }) => new Rejection(ErrorCode.NoSuchKey),
            ({ } etag, { IfMatch: { } wanted }) when wanted != "*" && wanted != etag => new Rejection(
                ErrorCode.PreconditionFailed,
                "If-Match"
            ),
            ({ } etag, { IfNoneMatch: { } unwanted }) when unwanted == "*" || unwanted == etag => new Rejection(
                ErrorCode.PreconditionFailed,
                "If-None-Match"
            ),
            _ => null,
        };

    /// <summary>Of the version or delete marker that a command makes of an object.</summary>
    public static string VersionIdOf(CommandContext context, ObjectId id) =>
        NameBasedId.Of(context.Id, id.Stream).ToString("N");

    static string VersionIdOf(ObjectCommand command) => VersionIdOf(command.Context, command.Object);

    const long Second = TimeSpan.TicksPerSecond;
}
