using System.Collections.Immutable;
using System.Diagnostics;
using Varve.Domain.Buckets;

namespace Varve.Domain.Objects;

/// <param name="IsNull">S3 calls it <c>null</c>: it was written while the bucket gave no ids.</param>
/// <param name="Put">Null for a delete marker.</param>
public sealed record ObjectVersion(string Id, bool IsNull, ObjectEvent.Put? Put);

/// <summary>All versions of a name that were not deleted for good, folded from the whole stream: only what is about a
/// certain version needs them.</summary>
/// <param name="Stack">The newest last.</param>
/// <param name="Deleted">The one that went last.</param>
public sealed record ObjectVersions(ImmutableList<ObjectVersion> Stack, ObjectVersion? Deleted)
{
    /// <summary>The id of the version that has none.</summary>
    public const string Null = "null";

    public static readonly Decider<ObjectVersions, ObjectCommand, ObjectEvent> Decider = new(
        new ObjectVersions([], Deleted: null),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    public ObjectVersion? Latest => Stack.IsEmpty ? null : Stack[^1];

    /// <param name="id">Or <see cref="Null"/>.</param>
    public ObjectVersion? Find(string id) => Stack.FindLast(version => id == Null ? version.IsNull : version.Id == id);

    static Decision<ObjectEvent> Decide(ObjectVersions versions, ObjectCommand command) =>
        command switch
        {
            ObjectCommand.DeleteVersion { OnlyNoncurrent: true } c
                when versions.Latest is { } latest && latest == versions.Find(c.VersionId) => new NoChange(),
            ObjectCommand.DeleteVersion c => versions.Find(c.VersionId) is { } version
                ? Delete(versions, version, c)
                : new NoChange(),
            ObjectCommand.Amend { VersionId: { } id } c => versions.Find(id) switch
            {
                null => ErrorCode.NoSuchVersion,
                { Put: null } => ErrorCode.MethodNotAllowed,
                { Put: { } put } version => Amendment.Of(
                    put,
                    amended => version == versions.Latest ? amended : versions.Latest?.Put,
                    c
                ),
            },
            _ => throw new UnreachableException(),
        };

    static Decision<ObjectEvent> Delete(
        ObjectVersions versions,
        ObjectVersion version,
        ObjectCommand.DeleteVersion command
    )
    {
        var now = command.Context.At;
        var stored = new StoredObject(version.Put);
        if (version.Put is null ? !command.Condition.HoldsForMarker : stored.RefusalOf(command.Condition) is not null)
            return new Rejection(ErrorCode.PreconditionFailed, "The version is another one.");
        if (version.Put?.Lock?.Forbids(now, command.Bypass) ?? false)
            return new Rejection(ErrorCode.AccessDenied, "Access Denied because object protected by object lock.");
        var left = versions.Stack.Remove(version);
        return new ObjectEvent.VersionDeleted(
            version.Id,
            left.IsEmpty ? null : left[^1].Put,
            version == versions.Latest ? true : null,
            now
        );
    }

    static ObjectVersions Evolve(ObjectVersions versions, ObjectEvent @event) =>
        @event switch
        {
            ObjectEvent.Put e => versions.Add(e.VersionId, e.Versioning, e),
            ObjectEvent.Deleted { Versioning: null } => versions with { Stack = versions.WithoutNull },
            ObjectEvent.Deleted e => versions.Add(e.VersionId, e.Versioning, put: null),
            ObjectEvent.VersionDeleted e when versions.Find(e.VersionId) is { } version => new(
                versions.Stack.Remove(version),
                version
            ),
            ObjectEvent.VersionDeleted => versions,
            ObjectEvent.Tagged e => versions.Amended(e.VersionId, put => put with { Tags = e.Tags }),
            ObjectEvent.LockSet e => versions.Amended(e.VersionId, put => put with { Lock = e.Lock }),
            ObjectEvent.AclSet e => versions.Amended(e.VersionId, put => put with { Acl = e.Acl }),
            _ => throw new UnreachableException(),
        };

    ImmutableList<ObjectVersion> WithoutNull => Stack.RemoveAll(version => version.IsNull);

    ObjectVersions Add(string id, BucketVersioning? versioning, ObjectEvent.Put? put)
    {
        var isNull = versioning != BucketVersioning.Enabled;
        return this with { Stack = (isNull ? WithoutNull : Stack).Add(new(id, isNull, put)) };
    }

    ObjectVersions Amended(string id, Func<ObjectEvent.Put, ObjectEvent.Put> amend) =>
        Find(id) is { Put: { } put } version
            ? this with
            {
                Stack = Stack.Replace(version, version with { Put = amend(put) }),
            }
            : this;
}

/// <summary>What is said of a version beside its content: how it may change.</summary>
static class Amendment
{
    /// <param name="version">That is to change.</param>
    /// <param name="current">The object's current version, once it has changed.</param>
    public static Decision<ObjectEvent> Of(
        ObjectEvent.Put version,
        Func<ObjectEvent.Put, ObjectEvent.Put?> current,
        ObjectCommand.Amend command
    )
    {
        var now = command.Context.At;
        var held = version.Lock ?? ObjectLock.None;
        switch (command)
        {
            case { Judged: { } judged } when judged != version.VersionId:
                return ErrorCode.OperationAborted;
            case ObjectCommand.Tag c:
                var tags = c.Tags.IsEmpty ? null : c.Tags;
                return new ObjectEvent.Tagged(version.VersionId, tags, current(version with { Tags = tags }), now);
            case ObjectCommand.SetAcl c when version.Acl == c.Acl:
                return new NoChange();
            case ObjectCommand.SetAcl c:
                return new ObjectEvent.AclSet(version.VersionId, c.Acl, current(version with { Acl = c.Acl }), now);
            case not null when command.Within.ObjectLock is null:
                return new Rejection(ErrorCode.InvalidRequest, MissingLock);
            case ObjectCommand.SetRetention { Retention: { } wanted } when wanted.Until <= now:
                return new Rejection(ErrorCode.InvalidArgument, UntilIsOver);
            case ObjectCommand.SetRetention c when !held.Allows(c.Retention, now, c.Bypass):
                return new Rejection(ErrorCode.AccessDenied, "Access Denied because object protected by object lock.");
            case ObjectCommand.SetRetention c:
                return Locked(held with { Retention = c.Retention });
            case ObjectCommand.SetLegalHold c:
                return Locked(held with { LegalHold = c.On });
            default:
                throw new UnreachableException();
        }

        Decision<ObjectEvent> Locked(ObjectLock wanted) =>
            wanted == held
                ? new NoChange()
                : new ObjectEvent.LockSet(version.VersionId, wanted, current(version with { Lock = wanted }), now);
    }

    /// <summary>The lock of a new version: its own, and the bucket's default where it has no retention.</summary>
    public static ObjectLock? ForNew(ObjectLock? own, Bucket bucket, DateTimeOffset now) =>
        own?.Retention is null && bucket.ObjectLock?.Default is { } rule
            ? (own ?? ObjectLock.None) with
            {
                Retention = rule.From(now),
            }
            : own;

    /// <summary>Why a new version can't have the lock; null where it can.</summary>
    public static Rejection? RefusalOf(ObjectLock? own, Bucket bucket, DateTimeOffset now) =>
        own is null ? null
        : bucket.ObjectLock is null ? new Rejection(ErrorCode.InvalidRequest, MissingLock)
        : own.Retention?.Until <= now ? new Rejection(ErrorCode.InvalidArgument, UntilIsOver)
        : null;

    const string MissingLock = "Bucket is missing Object Lock Configuration";
    const string UntilIsOver = "The retain until date must be in the future!";
}
