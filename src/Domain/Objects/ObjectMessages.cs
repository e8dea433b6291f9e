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

/// <summary>Who holds the key that opens an object's own key.</summary>
public enum EncryptionKind
{
    /// <summary>SSE-S3: the server's master key.</summary>
    ServerKey,

    /// <summary>SSE-C: a key that the client sends with every request, and that is kept nowhere.</summary>
    CustomerKey,
}

/// <summary>That an object's content is encrypted bytes. The object's size, checksum and, but for SSE-C, its ETag are
/// those of the plain ones; the content's own hashes are those of what is stored.</summary>
/// <param name="Key">The object's own key, wrapped, in Base64.</param>
public sealed record ObjectEncryption(EncryptionKind Kind, string Key);

/// <summary>What a conditional write expects of the object's current version.</summary>
/// <param name="IfMatch">Its ETag, without quotes; <c>*</c> for any.</param>
/// <param name="IfNoneMatch">Only <c>*</c> is asked in practice: there must be none; or an ETag that it must not have.
/// </param>
/// <param name="LastModified">When it was made, to the second; only a delete asks for it.</param>
/// <param name="Size">In bytes; only a delete asks for it.</param>
public sealed record WriteCondition(
    string? IfMatch,
    string? IfNoneMatch,
    DateTimeOffset? LastModified = null,
    long? Size = null
)
{
    public static readonly WriteCondition None = new(null, null);

    /// <summary>Whether it lets a delete pass that finds a delete marker, which has neither tag nor size.</summary>
    public bool HoldsForMarker => IfMatch is null or "*" && LastModified is null && Size is null;
}

public abstract partial record ObjectCommand(CommandContext Context, ObjectId Object) : Command(Context)
{
    public sealed override string Stream => Object.Stream;

    /// <summary>Makes a content the current version of an object.</summary>
    /// <param name="ETag">Without quotes.</param>
    /// <param name="Source"><c>bucket/key</c> of what was copied or renamed; else null.</param>
    /// <param name="Upload">The upload whose parts the content is; null if it came in one piece.</param>
    /// <param name="Encryption">Null where the content is the object's bytes as they are.</param>
    /// <param name="PlainSize">Of the object, in bytes, where its content is encrypted and so longer.</param>
    public sealed record Put(
        CommandContext Context,
        ObjectId Object,
        ContentFacts Content,
        string ETag,
        ObjectAttributes Attributes,
        ObjectChecksum? Checksum,
        ObjectOrigin Origin,
        string? Source,
        WriteCondition Condition,
        string? Upload = null,
        ObjectEncryption? Encryption = null,
        long? PlainSize = null
    ) : ObjectCommand(Context, Object)
    {
        /// <summary>Null where it is its bucket owner's alone.</summary>
        public Acl? Acl { get; init; }

        /// <summary>A form in a browser sent it, by S3's <c>POST</c>.</summary>
        public bool Posted { get; init; }

        /// <summary>Null for none.</summary>
        public ImmutableSortedDictionary<string, string>? Tags { get; init; }

        /// <summary>Null for what the bucket's default says.</summary>
        public ObjectLock? Lock { get; init; }

        public override IEnumerable<Step> Steps()
        {
            var accept = new BucketCommand.Accept(Context, Object.Bucket);
            var bucket = Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, accept.Stream, accept);
            yield return bucket;
            yield return Step.On(
                Contents.Content.Decider,
                Content.Hash.Stream,
                new ContentCommand.Use(Context, Content)
            );
            yield return Step.On(StoredObject.Decider, Stream, this with { Within = bucket.State });
        }
    }

    /// <summary>Puts a delete marker. Where there is no versioning, a key without an object stays as it is.</summary>
    /// <param name="RenamedTo"><c>bucket/key</c>, where a rename took the content away; else null.</param>
    public sealed record Delete(
        CommandContext Context,
        ObjectId Object,
        WriteCondition Condition,
        string? RenamedTo = null
    ) : ObjectCommand(Context, Object)
    {
        /// <summary>Only if this is the current version still; null for whichever is.</summary>
        public string? Version { get; init; }

        public override IEnumerable<Step> Steps()
        {
            var bucket = LookAt(Object.Bucket);
            yield return bucket;
            var within = this with { Within = bucket.State };
            var delete = Step.On<StoredObject, ObjectCommand, ObjectEvent>(StoredObject.Decider, Stream, within);
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
        ObjectChecksum? Checksum,
        string? Upload = null,
        ObjectEncryption? Encryption = null
    ) : ObjectCommand(Context, Object)
    {
        /// <summary>Null for none.</summary>
        public ImmutableSortedDictionary<string, string>? Tags { get; init; }

        public override IEnumerable<Step> Steps()
        {
            var bucket = LookAt(Object.Bucket);
            yield return bucket;
            // Decided first, for where nothing changes no deletion is called off; appended last, after its content.
            var restore = Step.On<StoredObject, ObjectCommand, ObjectEvent>(
                StoredObject.Decider,
                Stream,
                this with
                {
                    Within = bucket.State,
                },
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
    /// <param name="VersionId">The version that must still be current; null for any.</param>
    /// <param name="ToCondition">What is expected of the new name; null for nothing.</param>
    public sealed record Rename(
        CommandContext Context,
        ObjectId Object,
        ObjectId To,
        string? Sha1,
        string? VersionId = null,
        WriteCondition? ToCondition = null
    ) : ObjectCommand(Context, Object)
    {
        public override IEnumerable<Step> Steps()
        {
            var bucket = LookAt(Object.Bucket);
            yield return bucket;
            var from = Step.On<StoredObject, ObjectCommand, ObjectEvent>(
                StoredObject.Decider,
                Stream,
                this with
                {
                    Within = bucket.State,
                },
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
                ToCondition ?? WriteCondition.None,
                current.Upload,
                current.Encryption
            )
            {
                Tags = current.Tags,
                Acl = current.Acl,
            };
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
    /// <param name="Upload">The upload whose parts the content is: its stream tells their sizes and checksums.</param>
    /// <param name="Versioning">Of the bucket then; null where it never had it. Only where it is enabled, the version
    /// has its id in S3, too; else it took the place of the <c>null</c> version.</param>
    /// <param name="Tags">Null for none.</param>
    /// <param name="Lock">Null where it is not locked, and never was.</param>
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
        DateTimeOffset At,
        string? Upload = null,
        ObjectEncryption? Encryption = null,
        BucketVersioning? Versioning = null,
        ImmutableSortedDictionary<string, string>? Tags = null,
        ObjectLock? Lock = null
    ) : ObjectEvent
    {
        /// <summary>Null where it is its bucket owner's alone.</summary>
        public Acl? Acl { get; init; }

        /// <summary>True where a form in a browser sent it, by S3's <c>POST</c>.</summary>
        public bool? Posted { get; init; }
    }

    /// <param name="VersionId">Of the delete marker.</param>
    /// <param name="RenamedTo"><c>bucket/key</c> where the file lives on; null if it was deleted.</param>
    /// <param name="Versioning">Of the bucket then; null where it never had it: then S3 shows no marker.</param>
    public sealed record Deleted(
        string VersionId,
        string? RenamedTo,
        DateTimeOffset At,
        BucketVersioning? Versioning = null
    ) : ObjectEvent;
}
