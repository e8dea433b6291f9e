using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

/// <summary>What is in the buckets that have a quota: all versions that S3 shows. The others are not counted, and cost
/// nothing. Part of <see cref="ObjectRows"/>: its statements run before the others of an event, on the rows as they
/// were.</summary>
sealed class UsageRows
{
    const string BucketPrefix = "bucket-";

    /// <summary>Versions with a null version's mark, at least this, are replaced. No version has this one.</summary>
    const int NoVersion = 2;

    /// <summary>Delete markers have no size.</summary>
    const string Count = """
        REPLACE INTO tbl_bucket_usage (bucket, objects, bytes)
        SELECT @bucket, COUNT(size), COALESCE(SUM(size), 0) FROM (
          SELECT size FROM tbl_object WHERE bucket = @bucket
          UNION ALL
          SELECT size FROM tbl_object_noncurrent WHERE bucket = @bucket
        ) AS versions
        """;

    const string Forget = "DELETE FROM tbl_bucket_usage WHERE bucket = @bucket";

    /// <summary>Something is added, and may take the place of the <c>null</c> version.</summary>
    const string Write = """
        UPDATE tbl_bucket_usage SET
          objects = objects + @objects - (
            SELECT COUNT(o.size) FROM tbl_object AS o
            WHERE o.bucket = @bucket AND o.object_key = @key AND o.null_version >= @replaced
          ) - (
            SELECT COUNT(n.size) FROM tbl_object_noncurrent AS n
            WHERE n.bucket = @bucket AND n.object_key = @key AND n.null_version >= @replaced
          ),
          bytes = bytes + @bytes - (
            SELECT COALESCE(SUM(o.size), 0) FROM tbl_object AS o
            WHERE o.bucket = @bucket AND o.object_key = @key AND o.null_version >= @replaced
          ) - (
            SELECT COALESCE(SUM(n.size), 0) FROM tbl_object_noncurrent AS n
            WHERE n.bucket = @bucket AND n.object_key = @key AND n.null_version >= @replaced
          )
        WHERE bucket = @bucket
        """;

    const string Drop = """
        UPDATE tbl_bucket_usage SET
          objects = objects - (
            SELECT COUNT(o.size) FROM tbl_object AS o
            WHERE o.bucket = @bucket AND o.object_key = @key AND o.version_id = @version
          ) - (
            SELECT COUNT(n.size) FROM tbl_object_noncurrent AS n
            WHERE n.bucket = @bucket AND n.object_key = @key AND n.version_id = @version
          ),
          bytes = bytes - (
            SELECT COALESCE(SUM(o.size), 0) FROM tbl_object AS o
            WHERE o.bucket = @bucket AND o.object_key = @key AND o.version_id = @version
          ) - (
            SELECT COALESCE(SUM(n.size), 0) FROM tbl_object_noncurrent AS n
            WHERE n.bucket = @bucket AND n.object_key = @key AND n.version_id = @version
          )
        WHERE bucket = @bucket
        """;

    const string SelectCounted = "SELECT bucket FROM tbl_bucket_usage";

    const string SelectOne = "SELECT objects, bytes FROM tbl_bucket_usage WHERE bucket = @bucket";

    readonly HashSet<string> counted = new(StringComparer.Ordinal);

    public async ValueTask Remember(SqlSession session, CancellationToken cancel)
    {
        counted.Clear();
        counted.UnionWith(await session.All(new(SelectCounted), row => row.GetString(0), cancel));
    }

    public Statement[] Before(Fact fact)
    {
        switch (fact.Event)
        {
            case BucketConfigurationEvent.QuotaSet { Quota: not null }:
                counted.Add(BucketOf(fact));
                return [new(Count, BucketOf(fact))];
            case BucketConfigurationEvent.QuotaSet or BucketEvent.Deleted when counted.Remove(BucketOf(fact)):
                return [new(Forget, BucketOf(fact))];
            case ObjectEvent when counted.Count > 0:
                break;
            default:
                return [];
        }
        var (bucket, name) = ObjectRows.NameOf(fact.Stream);
        if (!counted.Contains(bucket))
            return [];
        var key = Columns.Utf8(name);
        return fact.Event switch
        {
            ObjectEvent.Put e => [Written(objects: 1, e.Size, bucket, key, e.Versioning)],
            ObjectEvent.Deleted e => [Written(objects: 0, bytes: 0, bucket, key, e.Versioning)],
            ObjectEvent.VersionDeleted e => [new(Drop, bucket, key, Convert.FromHexString(e.VersionId))],
            _ => [],
        };
    }

    /// <summary>Null where the bucket is not counted.</summary>
    public static ValueTask<BucketUsage?> Find(SqlSession session, string bucket, CancellationToken cancel) =>
        session.First<BucketUsage?>(new(SelectOne, bucket), row => new(row.GetInt64(0), row.GetInt64(1)), cancel);

    static Statement Written(int objects, long bytes, string bucket, byte[] key, BucketVersioning? versioning) =>
        new(Write, objects, bucket, key, versioning == BucketVersioning.Enabled ? NoVersion : 1, bytes);

    static string BucketOf(Fact fact) => fact.Stream[BucketPrefix.Length..];
}
