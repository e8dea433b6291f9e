using System.Collections.Immutable;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.EventStores;

namespace Varve.Projections;

/// <summary>The current version of an object, and where its content is.</summary>
/// <param name="Content">SHA-256, 64 hex digits.</param>
/// <param name="Sha1">40 hex digits.</param>
/// <param name="ETag">Without quotes.</param>
/// <param name="LastModified">UTC, as the event says; answers truncate it to the second.</param>
/// <param name="Location">Of the content; null if its bytes are gone.</param>
/// <param name="IsNull">S3 calls the version <c>null</c>.</param>
/// <param name="Tags">Null for none.</param>
/// <param name="Lock">Null where neither retention nor legal hold was ever set.</param>
/// <param name="Upload">The upload whose parts the content is; null if it came in one piece.</param>
/// <param name="Encryption">Null where the content is the object's bytes as they are.</param>
public sealed record ObjectRow(
    string Bucket,
    string Key,
    string VersionId,
    string Content,
    string Sha1,
    long Size,
    string ETag,
    ObjectAttributes Attributes,
    ObjectChecksum? Checksum,
    DateTimeOffset LastModified,
    string? Location,
    bool IsNull,
    ImmutableSortedDictionary<string, string>? Tags,
    ObjectLock? Lock,
    string? Upload = null,
    ObjectEncryption? Encryption = null
)
{
    /// <summary>Null where it is its bucket owner's alone.</summary>
    public Acl? Acl { get; init; }
}

/// <summary>What a listing shows of an object.</summary>
public readonly record struct ListedObject(
    string Key,
    long Size,
    string ETag,
    DateTimeOffset LastModified,
    string? ChecksumAlgorithm,
    string? ChecksumType,
    string StorageClass
)
{
    /// <summary>Null where it is the bucket's.</summary>
    public string? Owner { get; init; }
}

/// <param name="After">Exclusive: a key, or a common prefix with all that begins with it; empty for the start.</param>
/// <param name="Delimiter">Empty for none; any string.</param>
/// <param name="Max">Objects and common prefixes together, 0 … 1,000.</param>
public sealed record ObjectListing(string Bucket, string Prefix, string Delimiter, string After, int Max);

/// <param name="Truncated">There is more behind <paramref name="Last"/>.</param>
/// <param name="Last">The last key or common prefix of the page, in key order; empty if the page is.</param>
public sealed record ObjectPage(
    IReadOnlyList<ListedObject> Objects,
    IReadOnlyList<string> CommonPrefixes,
    bool Truncated,
    string Last
);

public sealed record BucketRow(string Name, string Owner, DateTimeOffset CreatedAt)
{
    /// <summary>Of the present: a bucket's past is its owner's alone.</summary>
    public BucketConfiguration Configuration { get; init; } = BucketConfiguration.None;

    /// <summary>Null where it never had it, and of the past.</summary>
    public BucketVersioning? Versioning { get; init; }

    /// <summary>Null for none, and of the past.</summary>
    public LifecycleRules? Lifecycle { get; init; }
}

/// <summary>A row of <c>tbl_bucket_usage</c>: all versions that S3 shows of a bucket.</summary>
/// <param name="Objects">Versions; delete markers do not count.</param>
/// <param name="Bytes">As clients see them.</param>
public sealed record BucketUsage(long Objects, long Bytes);

/// <summary>A row of <c>tbl_file</c>: one content, by the key of the REST contract.</summary>
/// <param name="Sha256">The content's identity.</param>
public sealed record FileRow(
    string Sha1,
    string Sha256,
    string FileName,
    long Size,
    string Location,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
);

/// <summary>A row of <c>tbl_content_copy</c>: a content's bytes in one tier.</summary>
/// <param name="Content">SHA-256, 64 hex digits.</param>
/// <param name="Size">In bytes.</param>
public readonly record struct CopyRow(string Content, string Tier, string Location, long Size, DateTimeOffset CopiedAt);

/// <summary>A row of <c>tbl_user_file</c>: one content of one user, under its newest name.</summary>
public sealed record UserFileRow(
    string UserName,
    string Sha1,
    long Size,
    string FileName,
    DateTimeOffset UploadAt,
    DateTimeOffset LastUpdate
);

/// <param name="Cursor">Where the next page begins; null at the end.</param>
public sealed record UserFilePage(IReadOnlyList<UserFileRow> Files, string? Cursor);

/// <summary>A user's home bucket as of a position.</summary>
public sealed record PastHome(string User, string Bucket, Position AsOf);

public sealed record UploadRow(
    string UploadId,
    string Key,
    string Initiator,
    DateTimeOffset InitiatedAt,
    string StorageClass,
    string? ChecksumAlgorithm,
    string? ChecksumType
);

/// <param name="KeyMarker">Exclusive, with <paramref name="UploadIdMarker"/>: uploads of this very key behind that id.
/// </param>
public sealed record UploadListing(
    string Bucket,
    string Prefix,
    string Delimiter,
    string KeyMarker,
    string UploadIdMarker,
    int Max
);

public sealed record UploadPage(
    IReadOnlyList<UploadRow> Uploads,
    IReadOnlyList<string> CommonPrefixes,
    bool Truncated,
    string NextKeyMarker,
    string NextUploadIdMarker
);
