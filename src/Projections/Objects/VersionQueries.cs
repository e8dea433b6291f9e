using System.Data.Common;
using System.Text;
using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

/// <summary>Objects with all their versions, as S3 shows them.</summary>
static class VersionQueries
{
    /// <summary>Versions read by one seek where a delimiter may hide most of them.</summary>
    const int Chunk = 128;

    const string Columns = """
        x.version_id, x.sha256, x.sha1, x.size, x.etag, x.from_time,
          x.checksum_algorithm, x.checksum_type, x.checksum, x.content_type, x.attributes, c.location,
          x.null_version, x.tags, x.object_lock, x.acl
        """;

    const string SelectOne = $"""
        SELECT {Columns} FROM tbl_object AS x LEFT JOIN tbl_content AS c ON c.sha256 = x.sha256
        WHERE x.bucket = @bucket AND x.object_key = @key AND x.null_version = @null
          AND (@null = 1 OR x.version_id = @version)
        UNION ALL
        SELECT {Columns} FROM tbl_object_noncurrent AS x LEFT JOIN tbl_content AS c ON c.sha256 = x.sha256
        WHERE x.bucket = @bucket AND x.object_key = @key AND x.null_version = @null
          AND (@null = 1 OR x.version_id = @version)
        """;

    const string SelectLatest = """
        SELECT version_id, sha256, from_time, null_version FROM tbl_object_noncurrent
        WHERE bucket = @bucket AND object_key = @key
          AND NOT EXISTS (SELECT 1 FROM tbl_object WHERE bucket = @bucket AND object_key = @key)
        ORDER BY put_position DESC LIMIT 1
        """;

    /// <summary>A version that is gone since the page before has left its place in the past.</summary>
    const string SelectPosition = """
        SELECT MAX(position) FROM (
          SELECT put_position AS position FROM tbl_object
          WHERE bucket = @bucket AND object_key = @key AND (version_id = @version OR null_version = @null)
          UNION ALL
          SELECT put_position FROM tbl_object_noncurrent
          WHERE bucket = @bucket AND object_key = @key AND (version_id = @version OR null_version = @null)
          UNION ALL
          SELECT put_position FROM tbl_object_version
          WHERE bucket = @bucket AND object_key = @key AND (version_id = @version OR null_version = @null)
        ) AS places
        """;

    /// <summary>A current version is the latest of its object.</summary>
    const string SelectHeads = """
        SELECT object_key, put_position, version_id, null_version, 1 AS latest, 0 AS marker, size, etag, from_time,
          checksum_algorithm, checksum_type, tags, attributes
        FROM tbl_object WHERE bucket = @bucket
        """;

    /// <summary>A delete marker is the latest where nothing is newer.</summary>
    const string SelectOthers = """
        SELECT n.object_key, n.put_position, n.version_id, n.null_version,
          CASE WHEN n.sha256 IS NULL AND NOT EXISTS (
            SELECT 1 FROM tbl_object AS o WHERE o.bucket = n.bucket AND o.object_key = n.object_key
          ) AND NOT EXISTS (
            SELECT 1 FROM tbl_object_noncurrent AS newer
            WHERE newer.bucket = n.bucket AND newer.object_key = n.object_key AND newer.put_position > n.put_position
          ) THEN 1 ELSE 0 END AS latest,
          CASE WHEN n.sha256 IS NULL THEN 1 ELSE 0 END AS marker,
          n.size, n.etag, n.from_time, n.checksum_algorithm, n.checksum_type, n.tags, n.attributes
        FROM tbl_object_noncurrent AS n WHERE n.bucket = @bucket
        """;

    /// <summary>What is left of one key, and then all keys behind it: each part a seek, and no longer than the page.
    /// </summary>
    const string SelectFrom = $"""
        SELECT * FROM (
          {SelectHeads} AND object_key = @from AND put_position < @before
        ) AS head
        UNION ALL
        SELECT * FROM (
          {SelectOthers} AND n.object_key = @from AND n.put_position < @before ORDER BY n.put_position DESC LIMIT @limit
        ) AS rest
        UNION ALL
        SELECT * FROM (
          {SelectHeads} AND object_key > @from ORDER BY object_key LIMIT @limit
        ) AS heads
        UNION ALL
        SELECT * FROM (
          {SelectOthers} AND n.object_key > @from ORDER BY n.object_key, n.put_position DESC LIMIT @limit
        ) AS others
        ORDER BY object_key, put_position DESC LIMIT @limit
        """;

    /// <param name="versionId">Or <see cref="ObjectVersions.Null"/>.</param>
    public static ValueTask<StoredVersion?> Find(
        SqlSession session,
        string bucket,
        string key,
        string versionId,
        CancellationToken cancel
    )
    {
        var (isNull, id) = Identify(versionId);
        return session.First(
            new(SelectOne, bucket, Databases.Columns.Utf8(key), isNull, id),
            row =>
                row.IsDBNull(1)
                    ? new StoredVersion(row.ReadHex(0), row.GetInt64(12) != 0, row.ReadTicks(5), Object: null)
                    : Version(ObjectQueries.Row(bucket, key, row)),
            cancel
        );
    }

    /// <summary>The delete marker that hides what was there; null if there is none.</summary>
    public static async ValueTask<StoredVersion?> FindMarker(
        SqlSession session,
        string bucket,
        string key,
        CancellationToken cancel
    ) =>
        await session.First(
            new(SelectLatest, bucket, Databases.Columns.Utf8(key)),
            row =>
                row.IsDBNull(1)
                    ? new StoredVersion(row.ReadHex(0), row.GetInt64(3) != 0, row.ReadTicks(2), Object: null)
                    : null,
            cancel
        );

    public static async ValueTask<VersionPage> List(
        SqlSession session,
        VersionListing listing,
        CancellationToken cancel
    )
    {
        var walk = new NameWalk(listing.Prefix, listing.Delimiter, listing.KeyMarker, listing.Max);
        var versions = new List<ListedVersion>();
        var (from, before) = await Start(session, listing, walk, cancel);
        while (from is not null && listing.Max > 0)
        {
            var limit = listing.Delimiter.Length == 0 ? walk.Room + 1 : Chunk;
            var asked = new Statement(SelectFrom, listing.Bucket, from, before, limit);
            (from, before) = await Read(session, asked, limit, walk, versions, cancel);
        }
        var last = versions.Count > 0 ? versions[^1] : null;
        return walk.EndsInPrefix ? new(versions, walk.CommonPrefixes, walk.Truncated, walk.CommonPrefixes[^1], "")
            : last is null ? new(versions, walk.CommonPrefixes, walk.Truncated, "", "")
            : new(versions, walk.CommonPrefixes, walk.Truncated, last.Key, last.ShownId);
    }

    static async ValueTask<(byte[]? From, long Before)> Start(
        SqlSession session,
        VersionListing listing,
        NameWalk walk,
        CancellationToken cancel
    )
    {
        if (listing.VersionIdMarker.Length == 0 || walk.StartAt() is not { } key)
            return (walk.Start(), long.MaxValue);
        var (isNull, id) = Identify(listing.VersionIdMarker);
        var asked = new Statement(SelectPosition, listing.Bucket, key, id, isNull == 1 ? 1 : null);
        var position = await session.First(asked, row => row.IsDBNull(0) ? long.MaxValue : row.GetInt64(0), cancel);
        return (key, position);
    }

    /// <returns>Where to go on; no name if the page is complete.</returns>
    static async ValueTask<(byte[]? From, long Before)> Read(
        SqlSession session,
        Statement statement,
        int limit,
        NameWalk walk,
        List<ListedVersion> versions,
        CancellationToken cancel
    )
    {
        await using var row = await session.Query(statement, cancel);
        var (key, position, read) = (Array.Empty<byte>(), long.MaxValue, 0);
        for (; await session.Next(row, cancel); read++)
        {
            (key, position) = (row.ReadBytes(0), row.GetInt64(1));
            switch (walk.Take(key))
            {
                case Walk.Item:
                    versions.Add(Listed(key, row));
                    break;
                case Walk.Jump:
                    return (walk.BehindCommonPrefix(), long.MaxValue);
                case Walk.Done:
                    return (null, 0);
            }
        }
        return read < limit ? (null, 0) : (key, position);
    }

    static ListedVersion Listed(byte[] key, DbDataReader row) =>
        new(
            Encoding.UTF8.GetString(key),
            row.ReadHex(2),
            IsNull: row.GetInt64(3) != 0,
            IsLatest: row.GetInt64(4) != 0,
            IsMarker: row.GetInt64(5) != 0,
            Size: row.IsDBNull(6) ? 0 : row.GetInt64(6),
            ETag: row.ReadText(7) ?? "",
            LastModified: row.ReadTicks(8),
            ChecksumAlgorithm: row.ReadText(9),
            ChecksumType: row.ReadText(10),
            Tags: row.ReadJson(11, ColumnJson.Default.ImmutableSortedDictionaryStringString),
            StorageClass: ObjectQueries.StorageClassOf(row.ReadText(12))
        );

    static StoredVersion Version(ObjectRow row) => new(row.VersionId, row.IsNull, row.LastModified, row);

    static (int IsNull, byte[]? Id) Identify(string versionId) =>
        versionId == ObjectVersions.Null ? (1, null) : (0, Convert.FromHexString(versionId));
}
