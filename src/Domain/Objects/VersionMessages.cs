using System.Collections.Immutable;
using Varve.Domain.Buckets;

namespace Varve.Domain.Objects;

public abstract partial record ObjectCommand
{
    /// <summary>The bucket, as its step in the same command found it.</summary>
    public Bucket Within { get; init; } = Bucket.Decider.Initial;

    /// <summary>A step that only reads the bucket.</summary>
    protected Step<Bucket, BucketCommand, BucketEvent> LookAt(BucketName bucket)
    {
        var look = new BucketCommand.Look(Context, bucket);
        return Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, look.Stream, look);
    }

    /// <summary>Deletes one version or delete marker for good; what was before the current one then is it again.
    /// </summary>
    /// <param name="VersionId">Its id, or <see cref="ObjectVersions.Null"/>.</param>
    /// <param name="Bypass">Sets a governance retention aside.</param>
    public sealed record DeleteVersion(CommandContext Context, ObjectId Object, string VersionId, bool Bypass)
        : ObjectCommand(Context, Object)
    {
        /// <summary>Only if it is not the latest, or is not it any more.</summary>
        public bool OnlyNoncurrent { get; init; }

        public WriteCondition Condition { get; init; } = WriteCondition.None;

        public override IEnumerable<Step> Steps() => [Step.On(ObjectVersions.Decider, Stream, this)];
    }

    /// <summary>Changes what is said of one version beside its content.</summary>
    /// <param name="VersionId">Its id, or <see cref="ObjectVersions.Null"/>; null for the current one.</param>
    public abstract record Amend(CommandContext Context, ObjectId Object, string? VersionId)
        : ObjectCommand(Context, Object)
    {
        /// <summary>The id of the version that it must be still; null for whichever it is.</summary>
        public string? Judged { get; init; }

        public override IEnumerable<Step> Steps()
        {
            var accept = new BucketCommand.Accept(Context, Object.Bucket);
            var bucket = Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, accept.Stream, accept);
            yield return bucket;
            var amend = this with { Within = bucket.State };
            // The current version is known by the last event; only others need the whole stream.
            yield return VersionId is null
                ? Step.On<StoredObject, ObjectCommand, ObjectEvent>(StoredObject.Decider, Stream, amend)
                : Step.On<ObjectVersions, ObjectCommand, ObjectEvent>(ObjectVersions.Decider, Stream, amend);
        }
    }

    /// <param name="Tags">All of them; empty takes them away.</param>
    public sealed record Tag(
        CommandContext Context,
        ObjectId Object,
        string? VersionId,
        ImmutableSortedDictionary<string, string> Tags
    ) : Amend(Context, Object, VersionId);

    /// <param name="Retention">Null takes it away.</param>
    /// <param name="Bypass">Sets a governance retention aside.</param>
    public sealed record SetRetention(
        CommandContext Context,
        ObjectId Object,
        string? VersionId,
        Retention? Retention,
        bool Bypass
    ) : Amend(Context, Object, VersionId);

    public sealed record SetLegalHold(CommandContext Context, ObjectId Object, string? VersionId, bool On)
        : Amend(Context, Object, VersionId);
}

public abstract partial record ObjectEvent
{
    /// <param name="VersionId">Of what is gone.</param>
    /// <param name="Current">The current version from here on; null where there is none, or a delete marker.</param>
    /// <param name="WasLatest">Set where it was the newest, so that <paramref name="Current"/> is another one now.
    /// </param>
    public sealed record VersionDeleted(string VersionId, Put? Current, bool? WasLatest, DateTimeOffset At)
        : ObjectEvent;

    /// <param name="Tags">All of them; null for none any more.</param>
    /// <param name="Current">As in <see cref="VersionDeleted"/>.</param>
    public sealed record Tagged(
        string VersionId,
        ImmutableSortedDictionary<string, string>? Tags,
        Put? Current,
        DateTimeOffset At
    ) : ObjectEvent;

    /// <param name="Lock">All of it.</param>
    /// <param name="Current">As in <see cref="VersionDeleted"/>.</param>
    public sealed record LockSet(string VersionId, ObjectLock Lock, Put? Current, DateTimeOffset At) : ObjectEvent;
}
