using System.Collections.Immutable;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;

namespace Varve.Domain.Objects;

/// <summary>How a version of an object came about.</summary>
public enum ObjectOrigin
{
    /// <summary>One request with a body.</summary>
    Put,

    /// <summary>A completed multipart upload.</summary>
    Upload,
    Copy,

    /// <summary>Instant upload: the content was there, and the user proved to hold it.</summary>
    Instant,
    Rename,
    Restore,
}

/// <summary>What a client says of an object beside its bytes.</summary>
/// <param name="Headers">Those that S3 gives back as they came, by lower-case name: cache-control,
/// content-disposition, content-encoding, content-language, expires.</param>
/// <param name="User">User metadata by lower-case name, without <c>x-amz-meta-</c>; together at most 2 KiB.</param>
public sealed record ObjectAttributes(
    string? ContentType = null,
    ImmutableSortedDictionary<string, string>? Headers = null,
    ImmutableSortedDictionary<string, string>? User = null
)
{
    public static readonly ObjectAttributes None = new();
}

/// <param name="Algorithm">As S3 writes it: CRC32, CRC32C, CRC64NVME, SHA1, SHA256.</param>
/// <param name="Value">Base64; <c>-N</c> behind it for a composite of N parts.</param>
/// <param name="Type">FULL_OBJECT or COMPOSITE.</param>
public sealed record ObjectChecksum(string Algorithm, string Value, string Type);

/// <summary>What a conditional write expects of the object's current version.</summary>
/// <param name="IfMatch">Its ETag, without quotes; <c>*</c> for any.</param>
/// <param name="IfNoneMatch">Only <c>*</c> is asked in practice: there must be none; or an ETag that it must not have.
/// </param>
public sealed record WriteCondition(string? IfMatch, string? IfNoneMatch)
{
    public static readonly WriteCondition None = new(null, null);
}

public abstract partial record ObjectCommand(CommandContext Context, ObjectId Object) : Command(Context)
{
    public sealed override string Stream => Object.Stream;

    /// <summary>Makes a content the current version of an object.</summary>
    /// <param name="ETag">Without quotes.</param>
    /// <param name="Source"><c>bucket/key</c> of what was copied or renamed; else null.</param>
    public sealed record Put(
        CommandContext Context,
        ObjectId Object,
        ContentFacts Content,
        string ETag,
        ObjectAttributes Attributes,
        ObjectChecksum? Checksum,
        ObjectOrigin Origin,
        string? Source,
        WriteCondition Condition
    ) : ObjectCommand(Context, Object)
    {
        /// <summary>Null where it is its bucket owner's alone.</summary>
        public Acl? Acl { get; init; }

        public override IEnumerable<Step> Steps() =>
            [
                Step.On(Bucket.Decider, Object.Bucket.Stream, new BucketCommand.Accept(Context, Object.Bucket)),
                Step.On(Contents.Content.Decider, Content.Hash.Stream, new ContentCommand.Use(Context, Content)),
                Step.On(StoredObject.Decider, Stream, this),
            ];
    }

    /// <summary>Puts a delete marker; a key without an object stays as it is.</summary>
    /// <param name="RenamedTo"><c>bucket/key</c>, where a rename took the content away; else null.</param>
    public sealed record Delete(
        CommandContext Context,
        ObjectId Object,
        WriteCondition Condition,
        string? RenamedTo = null
    ) : ObjectCommand(Context, Object)
    {
        public override IEnumerable<Step> Steps()
        {
            var delete = Step.On<StoredObject, ObjectCommand, ObjectEvent>(StoredObject.Decider, Stream, this);
            yield return delete;
            if (delete.Events.IsEmpty)
                yield break; // nothing is written, so no deletion of the bucket is called off
            var accept = new BucketCommand.Accept(Context, Object.Bucket);
            yield return Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, accept.Stream, accept);
        }
    }

    /// <summary>Makes a version that was, or one that is, the current one: undelete, or back to an older one. Its bytes
    /// must be there.</summary>
    /// <param name="VersionId">Of that version; the new one has an id of its own.</param>
    public sealed record Restore(
        CommandContext Context,
        ObjectId Object,
        string VersionId,
        ContentFacts Content,
        string ETag,
        ObjectAttributes Attributes,
        ObjectChecksum? Checksum
    ) : ObjectCommand(Context, Object)
    {
        public override IEnumerable<Step> Steps()
        {
            // Decided first, for where nothing changes no deletion is called off; appended last, after its content.
            var restore = Step.On<StoredObject, ObjectCommand, ObjectEvent>(
                StoredObject.Decider,
                Stream,
                this,
                closing: true
            );
            yield return restore;
            if (restore.Events.IsEmpty)
                yield break;
            yield return Step.On(
                Bucket.Decider,
                Object.Bucket.Stream,
                new BucketCommand.Accept(Context, Object.Bucket)
            );
            yield return Step.On(
                Contents.Content.Decider,
                Content.Hash.Stream,
                new ContentCommand.Use(Context, Content)
            );
        }
    }

    /// <summary>Gives the current version another name: put there, then delete here. No byte moves.</summary>
    /// <param name="To">Is overwritten if it is there.</param>
    /// <param name="Sha1">The content that the file must have, 40 hex digits; null for any.</param>
    public sealed record Rename(CommandContext Context, ObjectId Object, ObjectId To, string? Sha1)
        : ObjectCommand(Context, Object)
    {
        public override IEnumerable<Step> Steps()
        {
            var from = Step.On<StoredObject, ObjectCommand, ObjectEvent>(
                StoredObject.Decider,
                Stream,
                this,
                closing: true
            );
            yield return from;
            if (from.Before.Current is not { } current || from.Events.IsEmpty)
                yield break;
            var put = new Put(
                Context,
                To,
                new ContentFacts(new ContentHash(current.Content), current.Sha1, null, current.Size, Location: null),
                current.ETag,
                current.Attributes,
                current.Checksum,
                ObjectOrigin.Rename,
                Object.ToString(),
                WriteCondition.None
            );
            foreach (var step in put.Steps())
                yield return step;
        }
    }
}

/// <summary>Stored for ever. Each carries the object's whole state. See <see cref="EventCatalog"/> for names.</summary>
public abstract partial record ObjectEvent
{
    ObjectEvent() { }

    /// <param name="VersionId">32 hex digits, unique for ever.</param>
    /// <param name="Content">SHA-256, 64 hex digits.</param>
    /// <param name="Source"><c>bucket/key</c> of what was copied or renamed; the id of the version that was restored;
    /// else null.</param>
    public sealed record Put(
        string VersionId,
        string Content,
        string Sha1,
        long Size,
        string ETag,
        ObjectAttributes Attributes,
        ObjectChecksum? Checksum,
        ObjectOrigin Origin,
        string? Source,
        DateTimeOffset At
    ) : ObjectEvent
    {
        /// <summary>Null where it is its bucket owner's alone.</summary>
        public Acl? Acl { get; init; }
    }

    /// <param name="VersionId">Of the delete marker.</param>
    /// <param name="RenamedTo"><c>bucket/key</c> where the file lives on; null if it was deleted.</param>
    public sealed record Deleted(string VersionId, string? RenamedTo, DateTimeOffset At) : ObjectEvent;
}
