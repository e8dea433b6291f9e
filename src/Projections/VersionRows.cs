using System.Collections.Immutable;
using Varve.Domain.Objects;
using Varve.Projections.Buckets;
using Varve.Projections.Objects;

namespace Varve.Projections;

/// <summary>A version or a delete marker.</summary>
/// <param name="IsNull">S3 calls it <c>null</c>.</param>
/// <param name="Object">Null for a delete marker.</param>
public sealed record StoredVersion(string VersionId, bool IsNull, DateTimeOffset LastModified, ObjectRow? Object)
{
    public string ShownId => IsNull ? ObjectVersions.Null : VersionId;
}

/// <summary>What a listing shows of a version, or of a delete marker.</summary>
public sealed record ListedVersion(
    string Key,
    string VersionId,
    bool IsNull,
    bool IsLatest,
    bool IsMarker,
    long Size,
    string ETag,
    DateTimeOffset LastModified,
    string? ChecksumAlgorithm,
    string? ChecksumType,
    ImmutableSortedDictionary<string, string>? Tags,
    string StorageClass
)
{
    public string ShownId => IsNull ? ObjectVersions.Null : VersionId;
}

/// <param name="KeyMarker">Exclusive; with <paramref name="VersionIdMarker"/>, the older versions of this very key are
/// behind it.</param>
/// <param name="VersionIdMarker">Empty for none; need not be there any more.</param>
public sealed record VersionListing(
    string Bucket,
    string Prefix,
    string Delimiter,
    string KeyMarker,
    string VersionIdMarker,
    int Max
);

/// <param name="Versions">By key, then the newest first.</param>
public sealed record VersionPage(
    IReadOnlyList<ListedVersion> Versions,
    IReadOnlyList<string> CommonPrefixes,
    bool Truncated,
    string NextKeyMarker,
    string NextVersionIdMarker
);

public sealed partial class ReadModels
{
    /// <summary>A version or delete marker that was not deleted for good.</summary>
    /// <param name="versionId">32 hex digits, or <see cref="ObjectVersions.Null"/>.</param>
    public async ValueTask<StoredVersion?> FindStoredVersion(
        string bucket,
        string key,
        string versionId,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await VersionQueries.Find(lease.Session, bucket, key, versionId, cancel);
    }

    /// <summary>The delete marker that stands where an object was; null if there is none.</summary>
    public async ValueTask<StoredVersion?> FindDeleteMarker(string bucket, string key, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await VersionQueries.FindMarker(lease.Session, bucket, key, cancel);
    }

    public async ValueTask<VersionPage> ListVersions(VersionListing listing, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await VersionQueries.List(lease.Session, listing, cancel);
    }

    public async ValueTask<IReadOnlyList<BucketRow>> BucketsWithLifecycle(CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await BucketQueries.WithLifecycle(lease.Session, cancel);
    }
}
