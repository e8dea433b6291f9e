using System.Collections.Immutable;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;

namespace Varve.Domain.Uploads;

/// <summary>What the REST contract knows of an upload beforehand; an S3 upload has none of it.</summary>
/// <param name="FileHash">SHA-1, 40 hex digits: what the whole must have.</param>
/// <param name="ChunkCount">Chunks 1 … n, all of <paramref name="ChunkSize"/> bytes but the last.</param>
public sealed record UploadPlan(string FileHash, long FileSize, long ChunkSize, int ChunkCount)
{
    public const long ChunkSizeLeast = 5 * 1024 * 1024;

    /// <summary>Chunks of 5 MiB, or of the fewest whole MiB that need no more than 10,000 of them.</summary>
    /// <param name="fileSize">In bytes, at least 0.</param>
    public static UploadPlan For(string fileHash, long fileSize)
    {
        const long MiB = 1024 * 1024;
        var least = (fileSize + Upload.PartsMax - 1) / Upload.PartsMax;
        var chunk = Math.Max(ChunkSizeLeast, (least + MiB - 1) / MiB * MiB);
        return new UploadPlan(fileHash, fileSize, chunk, (int)((fileSize + chunk - 1) / chunk));
    }

    /// <summary>Size that chunk <paramref name="number"/> (1 … ChunkCount) must have, in bytes.</summary>
    public long SizeOf(int number) => number < ChunkCount ? ChunkSize : FileSize - ((ChunkCount - 1) * ChunkSize);
}

public abstract record UploadCommand(CommandContext Context, string UploadId) : Command(Context)
{
    public sealed override string Stream => Upload.StreamOf(UploadId);

    public override IEnumerable<Step> Steps() => [Step.On(Upload.Decider, Stream, this)];

    /// <param name="UploadId">32 hex digits, made by the server.</param>
    /// <param name="ChecksumAlgorithm">As S3 writes it; null if the client asked for none.</param>
    /// <param name="ChecksumType">FULL_OBJECT or COMPOSITE; null without an algorithm.</param>
    public sealed record Init(
        CommandContext Context,
        string UploadId,
        ObjectId Object,
        ObjectAttributes Attributes,
        string? ChecksumAlgorithm,
        string? ChecksumType,
        UploadPlan? Plan,
        ObjectEncryption? Encryption = null
    ) : UploadCommand(Context, UploadId)
    {
        /// <summary>Of the object that it will make; null where that is its bucket owner's alone.</summary>
        public Acl? Acl { get; init; }

        /// <summary>Of the object that it will make; null for none.</summary>
        public ImmutableSortedDictionary<string, string>? Tags { get; init; }

        /// <summary>Of the object that it will make; null for what the bucket's default will say.</summary>
        public ObjectLock? Lock { get; init; }

        /// <summary>The bucket, as its step in the same command found it.</summary>
        public Bucket Within { get; init; } = Bucket.Decider.Initial;

        public override IEnumerable<Step> Steps()
        {
            var accept = new BucketCommand.Accept(Context, Object.Bucket);
            var bucket = Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, accept.Stream, accept);
            yield return bucket;
            yield return Step.On(Upload.Decider, Stream, this with { Within = bucket.State });
        }
    }

    /// <param name="Size">Of the plain bytes, where the upload is encrypted.</param>
    /// <param name="ETag">MD5 of the part, 32 hex digits.</param>
    /// <param name="Checksum">Base64, of the upload's algorithm, or of CRC64NVME where it names none; null without one.
    /// </param>
    /// <param name="Salt">What makes the part's key out of the upload's; null where that is not encrypted.</param>
    public sealed record AddPart(
        CommandContext Context,
        string UploadId,
        int Number,
        long Size,
        string ETag,
        string? Checksum,
        string Location,
        string? Salt = null
    ) : UploadCommand(Context, UploadId);

    /// <summary>Makes the joined parts an object. Asked again it answers as it did the first time.</summary>
    /// <param name="Parts">Those that were joined, in order.</param>
    /// <param name="ETag">Of the whole, without quotes.</param>
    public sealed record Complete(
        CommandContext Context,
        string UploadId,
        ObjectId Object,
        ImmutableArray<UploadEvent.PartUploaded> Parts,
        ContentFacts Content,
        string ETag,
        ObjectChecksum? Checksum,
        WriteCondition Condition
    ) : UploadCommand(Context, UploadId)
    {
        /// <summary>That the version will have in S3; null for none.</summary>
        public string? VersionId { get; init; }

        public override IEnumerable<Step> Steps()
        {
            var look = new BucketCommand.Look(Context, Object.Bucket);
            var bucket = Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, look.Stream, look);
            yield return bucket;
            var versionId =
                bucket.State.Versioning == BucketVersioning.Enabled ? StoredObject.VersionIdOf(Context, Object) : null;
            var upload = Step.On<Upload, UploadCommand, UploadEvent>(
                Upload.Decider,
                Stream,
                this with
                {
                    VersionId = versionId,
                },
                closing: true
            );
            yield return upload;
            if (upload.Events.IsEmpty)
                yield break;
            var begun = upload.Before.Initiated!;
            var put = new ObjectCommand.Put(
                Context,
                Object,
                Content,
                ETag,
                begun.Attributes,
                Checksum,
                ObjectOrigin.Upload,
                Source: null,
                Condition,
                UploadId,
                begun.Encryption,
                begun.Encryption is null ? null : Parts.Sum(part => part.Size)
            )
            {
                Tags = begun.Tags,
                Lock = begun.Lock,
                Acl = begun.Acl,
            };
            foreach (var step in put.Steps())
                yield return step;
        }
    }

    public sealed record Cancel(CommandContext Context, string UploadId) : UploadCommand(Context, UploadId);

    /// <summary>Nobody went on with it for too long.</summary>
    public sealed record Expire(CommandContext Context, string UploadId) : UploadCommand(Context, UploadId);
}

/// <summary>Stored for ever. A field's meaning never changes; see <see cref="EventCatalog"/> for names.</summary>
public abstract record UploadEvent
{
    UploadEvent() { }

    public sealed record Initiated(
        string Bucket,
        string Key,
        string Initiator,
        ObjectAttributes Attributes,
        string? ChecksumAlgorithm,
        string? ChecksumType,
        UploadPlan? Plan,
        DateTimeOffset At,
        ObjectEncryption? Encryption = null,
        ImmutableSortedDictionary<string, string>? Tags = null,
        ObjectLock? Lock = null
    ) : UploadEvent
    {
        /// <summary>Of the object that it will make; null where that is its bucket owner's alone.</summary>
        public Acl? Acl { get; init; }
    }

    public sealed record PartUploaded(
        int Number,
        long Size,
        string ETag,
        string? Checksum,
        string Location,
        DateTimeOffset At,
        string? Salt = null
    ) : UploadEvent;

    /// <param name="Content">SHA-256 of the whole.</param>
    /// <param name="Size">Of the content, in bytes.</param>
    /// <param name="Location">Where the joined parts are listed; null if the same content was held already, and so no
    /// part was needed.</param>
    /// <param name="Unused">Numbers of the parts that the client left out; null for none.</param>
    /// <param name="VersionId">Of the object in S3; null where its bucket gave no ids.</param>
    public sealed record Completed(
        string Content,
        string Sha1,
        long Size,
        string ETag,
        ObjectChecksum? Checksum,
        string? Location,
        ImmutableArray<int>? Unused,
        DateTimeOffset At,
        string? VersionId = null
    ) : UploadEvent;

    public sealed record Cancelled(DateTimeOffset At) : UploadEvent;

    public sealed record Expired(DateTimeOffset At) : UploadEvent;
}
