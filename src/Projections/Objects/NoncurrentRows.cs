using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

/// <summary>The versions behind the current ones, and the delete markers: what only versioned buckets have. Part of
/// <see cref="ObjectRows"/>.</summary>
static class NoncurrentRows
{
    const string DropNull = """
        DELETE FROM tbl_object_noncurrent WHERE bucket = @bucket AND object_key = @key AND null_version = 1
        """;

    const string DropVersion = """
        DELETE FROM tbl_object_noncurrent WHERE bucket = @bucket AND object_key = @key AND version_id = @version
        """;

    /// <summary>What was current stays behind what takes its place.</summary>
    const string KeepCurrent = """
        INSERT INTO tbl_object_noncurrent (
          bucket, object_key, put_position, from_time, version_id, sha256, sha1, size, etag,
          checksum_algorithm, checksum_type, checksum, content_type, attributes, null_version, tags,
          object_lock, acl
        )
        SELECT bucket, object_key, put_position, from_time, version_id, sha256, sha1, size, etag,
          checksum_algorithm, checksum_type, checksum, content_type, attributes, null_version, tags,
          object_lock, acl
        FROM tbl_object WHERE bucket = @bucket AND object_key = @key AND null_version <= @null
        """;

    /// <summary>What was behind the current version is the current one again.</summary>
    const string Promote = """
        INSERT INTO tbl_object (
          bucket, object_key, from_position, from_time, made_position, put_position, version_id, sha256, sha1, size,
          etag, checksum_algorithm, checksum_type, checksum, content_type, attributes, null_version, tags,
          object_lock, acl
        )
        SELECT bucket, object_key, @position, from_time, @position, put_position, version_id, sha256, sha1, size,
          etag, checksum_algorithm, checksum_type, checksum, content_type, attributes, null_version, tags,
          object_lock, acl
        FROM tbl_object_noncurrent WHERE bucket = @bucket AND object_key = @key AND version_id = @version
        """;

    const string InsertMarker = """
        INSERT INTO tbl_object_noncurrent (bucket, object_key, put_position, from_time, version_id, null_version)
        VALUES (@bucket, @key, @position, @time, @version, @null)
        """;

    const string TagCurrent = """
        UPDATE tbl_object SET tags = @tags, from_position = @position WHERE bucket = @bucket AND object_key = @key
        """;

    const string TagNoncurrent = """
        UPDATE tbl_object_noncurrent SET tags = @tags
        WHERE bucket = @bucket AND object_key = @key AND version_id = @version
        """;

    const string LockCurrent = """
        UPDATE tbl_object SET object_lock = @lock, from_position = @position
        WHERE bucket = @bucket AND object_key = @key
        """;

    const string LockNoncurrent = """
        UPDATE tbl_object_noncurrent SET object_lock = @lock
        WHERE bucket = @bucket AND object_key = @key AND version_id = @version
        """;

    const string OpenCurrent = """
        UPDATE tbl_object SET acl = @acl, from_position = @position WHERE bucket = @bucket AND object_key = @key
        """;

    const string OpenNoncurrent = """
        UPDATE tbl_object_noncurrent SET acl = @acl
        WHERE bucket = @bucket AND object_key = @key AND version_id = @version
        """;

    /// <summary>1 where S3 calls a version that was written then <c>null</c>.</summary>
    public static int IsNull(BucketVersioning? versioning) => versioning == BucketVersioning.Enabled ? 0 : 1;

    /// <summary>Before a version or a delete marker comes first: where versions have no ids, the one without is
    /// replaced, wherever it is.</summary>
    public static Statement[] Written(string bucket, byte[] key, BucketVersioning? versioning) =>
        versioning switch
        {
            null => [],
            BucketVersioning.Enabled => [new(KeepCurrent, bucket, key, 1)],
            _ => [new(DropNull, bucket, key), new(KeepCurrent, bucket, key, 0)],
        };

    public static Statement[] Marked(Fact fact, string bucket, byte[] key, ObjectEvent.Deleted e) =>
        e.Versioning is null
            ? []
            :
            [
                new(
                    InsertMarker,
                    bucket,
                    key,
                    fact.Position,
                    e.At.UtcTicks,
                    Convert.FromHexString(e.VersionId),
                    IsNull(e.Versioning)
                ),
            ];

    /// <param name="current">The current version from here on; null for none.</param>
    public static Statement[] Promoted(Fact fact, string bucket, byte[] key, ObjectEvent.Put? current) =>
        current is null
            ? []
            :
            [
                new(Promote, fact.Position, bucket, key, Convert.FromHexString(current.VersionId)),
                Drop(bucket, key, current.VersionId),
            ];

    public static Statement Drop(string bucket, byte[] key, string versionId) =>
        new(DropVersion, bucket, key, Convert.FromHexString(versionId));

    public static Statement[] Tagged(Fact fact, ObjectEvent.Tagged e) =>
        Amended(
            fact,
            e.VersionId,
            e.Current,
            TagCurrent,
            TagNoncurrent,
            Columns.Json(e.Tags, ColumnJson.Default.ImmutableSortedDictionaryStringString)
        );

    public static Statement[] LockSet(Fact fact, ObjectEvent.LockSet e) =>
        Amended(
            fact,
            e.VersionId,
            e.Current,
            LockCurrent,
            LockNoncurrent,
            Columns.Json(e.Lock, ColumnJson.Default.ObjectLock)
        );

    public static Statement[] AclSet(Fact fact, ObjectEvent.AclSet e) =>
        Amended(fact, e.VersionId, e.Current, OpenCurrent, OpenNoncurrent, Columns.Json(e.Acl, ColumnJson.Default.Acl));

    /// <summary>What the current version was before is kept, so that the past shows it as it was.</summary>
    static Statement[] Amended(
        Fact fact,
        string versionId,
        ObjectEvent.Put? current,
        string amendCurrent,
        string amendNoncurrent,
        string? value
    )
    {
        var (bucket, name) = ObjectRows.NameOf(fact.Stream);
        var key = Columns.Utf8(name);
        return current?.VersionId == versionId
            ? [ObjectRows.Keep(fact, bucket, key, time: null), new(amendCurrent, value, fact.Position, bucket, key)]
            : [new(amendNoncurrent, value, bucket, key, Convert.FromHexString(versionId))];
    }
}
