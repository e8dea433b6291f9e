using System.Data.Common;
using System.Text;
using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

static class ObjectQueries
{
    /// <summary>Names read by one seek where a delimiter may hide most of them.</summary>
    const int Chunk = 128;

    const string SelectOne = """
        SELECT o.version_id, o.sha256, o.sha1, o.size, o.etag, o.from_time,
          o.checksum_algorithm, o.checksum_type, o.checksum, o.content_type, o.attributes, c.location,
          o.null_version, o.tags, o.object_lock, o.acl
        FROM tbl_object AS o LEFT JOIN tbl_content AS c ON c.sha256 = o.sha256
        WHERE o.bucket = @bucket AND o.object_key = @key
        """;

    const string SelectFrom = """
        SELECT object_key, size, etag, from_time, checksum_algorithm, checksum_type, attributes, acl
        FROM tbl_object
        WHERE bucket = @bucket AND object_key >= @from ORDER BY object_key LIMIT @limit
        """;

    const string SelectAny = """
        SELECT 1 FROM tbl_object WHERE bucket = @bucket
        UNION ALL
        SELECT 1 FROM tbl_object_noncurrent WHERE bucket = @bucket
        LIMIT 1
        """;

    public static async ValueTask<ObjectRow?> Find(
        SqlSession session,
        string bucket,
        string key,
        CancellationToken cancel
    )
    {
        await using var row = await session.Query(new(SelectOne, bucket, Columns.Utf8(key)), cancel);
        return await session.Next(row, cancel) ? Row(bucket, key, row) : null;
    }

    public static async ValueTask<bool> IsEmpty(SqlSession session, string bucket, CancellationToken cancel)
    {
        await using var row = await session.Query(new(SelectAny, bucket), cancel);
        return !await session.Next(row, cancel);
    }

    public static async ValueTask<ObjectPage> List(SqlSession session, ObjectListing listing, CancellationToken cancel)
    {
        var walk = new NameWalk(listing.Prefix, listing.Delimiter, listing.After, listing.Max);
        var objects = new List<ListedObject>(listing.Delimiter.Length == 0 ? listing.Max : 0);
        var from = listing.Max > 0 ? walk.Start() : null;
        while (from is not null)
        {
            // One more than fits tells whether there is more.
            var limit = listing.Delimiter.Length == 0 ? walk.Room + 1 : Chunk;
            from = await Read(session, new(SelectFrom, listing.Bucket, from, limit), limit, walk, objects, cancel);
        }
        var last =
            walk.EndsInPrefix ? walk.CommonPrefixes[^1]
            : objects.Count > 0 ? objects[^1].Key
            : "";
        return new ObjectPage(objects, walk.CommonPrefixes, walk.Truncated, last);
    }

    /// <returns>Where to go on; null if the page is complete.</returns>
    static async ValueTask<byte[]?> Read(
        SqlSession session,
        Statement statement,
        int limit,
        NameWalk walk,
        List<ListedObject> objects,
        CancellationToken cancel
    )
    {
        await using var row = await session.Query(statement, cancel);
        byte[] key = [];
        var read = 0;
        for (; await session.Next(row, cancel); read++)
        {
            key = row.ReadBytes(0);
            switch (walk.Take(key))
            {
                case Walk.Item:
                    objects.Add(ListedWithOwner(key, row));
                    break;
                case Walk.Jump:
                    return walk.BehindCommonPrefix();
                case Walk.Done:
                    return null;
            }
        }
        return read < limit ? null : [.. key, 0];
    }

    internal static ListedObject Listed(byte[] key, DbDataReader row) =>
        new(
            Encoding.UTF8.GetString(key),
            row.GetInt64(1),
            row.GetString(2),
            row.ReadTicks(3),
            row.ReadText(4),
            row.ReadText(5),
            StorageClassOf(row.ReadText(6))
        );

    /// <summary>Nearly all are STANDARD, which is told without reading the details.</summary>
    internal static string StorageClassOf(string? details) =>
        details?.Contains(StorageClass.Header, StringComparison.Ordinal) ?? false
            ? StorageClass.Of(Columns.Details(details).Headers)
            : StorageClass.Standard;

    /// <summary>With the owner, where it is not the bucket's: that is in the list, behind the columns of
    /// <see cref="Listed"/>.</summary>
    static ListedObject ListedWithOwner(byte[] key, DbDataReader row) =>
        Listed(key, row) with
        {
            Owner = row.ReadJson(7, ColumnJson.Default.Acl)?.Owner,
        };

    /// <summary>From the columns of a version, and its content's location behind them.</summary>
    internal static ObjectRow Row(string bucket, string key, DbDataReader row)
    {
        var details = row.ReadDetails(10);
        return new(
            bucket,
            key,
            VersionId: row.ReadHex(0),
            Content: row.ReadHex(1),
            Sha1: row.ReadHex(2),
            Size: row.GetInt64(3),
            ETag: row.GetString(4),
            Attributes: new(row.ReadText(9), details.Headers, details.User),
            Checksum: row.ReadText(6) is { } algorithm
                ? new ObjectChecksum(algorithm, Value: row.GetString(8), Type: row.GetString(7))
                : null,
            LastModified: row.ReadTicks(5),
            Location: row.ReadText(11),
            IsNull: row.GetInt64(12) != 0,
            Tags: row.ReadJson(13, ColumnJson.Default.ImmutableSortedDictionaryStringString),
            Lock: row.ReadJson(14, ColumnJson.Default.ObjectLock),
            details.Upload,
            details.Encryption
        )
        {
            Acl = row.ReadJson(15, ColumnJson.Default.Acl),
        };
    }
}
