using System.Data.Common;
using System.Text;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

/// <summary>Objects as of a position. A listing goes from name to name by seeks, so that a name costs the same however
/// many versions it has; names that show nothing then are passed over, at the same cost.</summary>
static class PastQueries
{
    /// <summary>Names read by one statement, at least: some of them may show nothing.</summary>
    const int Chunk = 128;

    const string Columns = """
        x.version_id, x.sha256, x.sha1, x.size, x.etag, x.from_time,
          x.checksum_algorithm, x.checksum_type, x.checksum, x.content_type, x.attributes, c.location,
          x.null_version, x.tags, x.object_lock, x.acl, x.object_key
        """;

    const string SelectCurrent = $"""
        SELECT {Columns} FROM tbl_object AS x LEFT JOIN tbl_content AS c ON c.sha256 = x.sha256
        WHERE x.bucket = @bucket AND x.object_key = @key
        """;

    const string SelectPast = $"""
        SELECT {Columns} FROM tbl_object_version AS x LEFT JOIN tbl_content AS c ON c.sha256 = x.sha256
        WHERE x.bucket = @bucket AND x.object_key = @key AND x.sha256 IS NOT NULL
        """;

    const string SelectAsOf = $"""
        {SelectCurrent} AND x.from_position <= @asof
        UNION ALL
        {SelectPast} AND x.to_position > @asof AND x.from_position = (
          SELECT MAX(n.from_position) FROM tbl_object_version AS n
          WHERE n.bucket = @bucket AND n.object_key = @key AND n.from_position <= @asof
        )
        """;

    const string SelectMadeAt = $"""
        {SelectCurrent} AND x.from_position = @position
        UNION ALL
        {SelectPast} AND x.from_position = @position
        """;

    const string SelectVersion = $"""
        {SelectCurrent} AND x.from_position > @since AND x.version_id = @version
        UNION ALL
        {SelectPast} AND x.from_position > @since AND x.version_id = @version
        """;

    /// <summary>Of a name, the newest; of that and a content, the newest of that content.</summary>
    const string SelectNewest = $"""
        SELECT * FROM (
          {SelectCurrent} AND x.from_position > @since AND (@sha1 IS NULL OR x.sha1 = @sha1)
          UNION ALL
          SELECT * FROM (
            {SelectPast} AND x.from_position > @since AND (@sha1 IS NULL OR x.sha1 = @sha1)
            ORDER BY x.from_position DESC LIMIT 1
          ) AS past
        ) AS versions LIMIT 1
        """;

    /// <summary>The version of a content that was made last, where no name has the content any more.</summary>
    const string SelectNewestOfFile = $"""
        SELECT {Columns} FROM tbl_object_version AS x LEFT JOIN tbl_content AS c ON c.sha256 = x.sha256
        WHERE x.bucket = @bucket AND x.sha1 = @sha1 AND x.from_position > @since
        ORDER BY x.from_position DESC LIMIT 1
        """;

    /// <summary>The nearer of what two seeks have found.</summary>
    const string Nearer = "CASE WHEN seeks.v IS NULL OR seeks.o <= seeks.v THEN seeks.o ELSE seeks.v END";

    /// <summary>From each name a seek in both tables finds the next one; then one more each finds what it showed. As
    /// the recursion holds one name at a time, names come in order, and no further than they are read.</summary>
    const string SelectFrom = $"""
        WITH RECURSIVE seeks (o, v, number) AS (
          SELECT
            (SELECT MIN(object_key) FROM tbl_object WHERE bucket = @bucket AND object_key >= @from),
            (SELECT MIN(object_key) FROM tbl_object_version WHERE bucket = @bucket AND object_key >= @from), 1
          UNION ALL
          SELECT
            (SELECT MIN(object_key) FROM tbl_object WHERE bucket = @bucket AND object_key > {Nearer}),
            (SELECT MIN(object_key) FROM tbl_object_version WHERE bucket = @bucket AND object_key > {Nearer}),
            number + 1
          FROM seeks WHERE {Nearer} IS NOT NULL AND number < @limit
        ),
        names (name) AS (SELECT {Nearer} FROM seeks)
        SELECT names.name, COALESCE(o.size, v.size), COALESCE(o.etag, v.etag), COALESCE(o.from_time, v.from_time),
          COALESCE(o.checksum_algorithm, v.checksum_algorithm), COALESCE(o.checksum_type, v.checksum_type),
          COALESCE(o.attributes, v.attributes), COALESCE(o.sha1, v.sha1), COALESCE(o.made_position, v.made_position)
        FROM names
        LEFT JOIN tbl_object AS o
          ON o.bucket = @bucket AND o.object_key = names.name AND o.from_position <= @asof
        LEFT JOIN tbl_object_version AS v
          ON v.bucket = @bucket AND v.object_key = names.name AND v.to_position > @asof AND v.from_position = (
            SELECT MAX(n.from_position) FROM tbl_object_version AS n
            WHERE n.bucket = @bucket AND n.object_key = names.name AND n.from_position <= @asof
          )
        WHERE names.name IS NOT NULL
        """;

    public static ValueTask<ObjectRow?> FindAsOf(
        SqlSession session,
        string bucket,
        string key,
        Position asOf,
        CancellationToken cancel
    ) => First(session, bucket, new(SelectAsOf, bucket, Utf8(key), asOf.Value), cancel);

    public static ValueTask<ObjectRow?> FindMadeAt(
        SqlSession session,
        string bucket,
        string key,
        Position position,
        CancellationToken cancel
    ) => First(session, bucket, new(SelectMadeAt, bucket, Utf8(key), position.Value), cancel);

    public static ValueTask<ObjectRow?> FindVersion(
        SqlSession session,
        string bucket,
        string key,
        string versionId,
        Position since,
        CancellationToken cancel
    ) =>
        First(
            session,
            bucket,
            new(SelectVersion, bucket, Utf8(key), since.Value, Convert.FromHexString(versionId)),
            cancel
        );

    public static ValueTask<ObjectRow?> FindNewest(
        SqlSession session,
        string bucket,
        string key,
        string? sha1,
        Position since,
        CancellationToken cancel
    ) =>
        First(
            session,
            bucket,
            new(SelectNewest, bucket, Utf8(key), since.Value, sha1 is null ? null : Convert.FromHexString(sha1)),
            cancel
        );

    public static ValueTask<ObjectRow?> FindNewestOfFile(
        SqlSession session,
        string bucket,
        string sha1,
        Position since,
        CancellationToken cancel
    ) => First(session, bucket, new(SelectNewestOfFile, bucket, Convert.FromHexString(sha1), since.Value), cancel);

    public static async ValueTask<ObjectPage> List(
        SqlSession session,
        ObjectListing listing,
        Position asOf,
        CancellationToken cancel
    )
    {
        var walk = new NameWalk(listing.Prefix, listing.Delimiter, listing.After, listing.Max);
        var objects = new List<ListedObject>();
        var from = listing.Max > 0 ? walk.Start() : null;
        while (from is not null)
        {
            var limit = listing.Delimiter.Length == 0 ? Math.Max(walk.Room + 1, Chunk) : Chunk;
            var (bucket, take) = (listing.Bucket, new Func<byte[], DbDataReader, Walk>(Take));
            from = await Names(session, new(SelectFrom, bucket, from, limit, asOf.Value), limit, walk, take, cancel);
        }
        var last =
            walk.EndsInPrefix ? walk.CommonPrefixes[^1]
            : objects.Count > 0 ? objects[^1].Key
            : "";
        return new ObjectPage(objects, walk.CommonPrefixes, walk.Truncated, last);

        Walk Take(byte[] name, DbDataReader row)
        {
            if (row.IsDBNull(2))
                return walk.Skip(name);
            var step = walk.Take(name);
            if (step == Walk.Item)
                objects.Add(ObjectQueries.Listed(name, row));
            return step;
        }
    }

    /// <summary>Names of a bucket that had a content then, from one on.</summary>
    /// <returns>The names, and the next to ask from; null at the end.</returns>
    public static async ValueTask<(List<PastName> Names, byte[]? Next)> Names(
        SqlSession session,
        string bucket,
        byte[] from,
        Position asOf,
        CancellationToken cancel
    )
    {
        var names = new List<PastName>();
        var walk = new NameWalk("", "", "", int.MaxValue);
        var next = await Names(session, new(SelectFrom, bucket, from, Chunk, asOf.Value), Chunk, walk, Take, cancel);
        return (names, next);

        Walk Take(byte[] name, DbDataReader row)
        {
            if (!row.IsDBNull(2))
                names.Add(
                    new(
                        Encoding.UTF8.GetString(name),
                        row.ReadHex(7),
                        row.GetInt64(1),
                        row.GetInt64(8),
                        row.ReadTicks(3)
                    )
                );
            return Walk.Passed;
        }
    }

    /// <returns>Where to go on; null if there is nothing more to read.</returns>
    static async ValueTask<byte[]?> Names(
        SqlSession session,
        Statement statement,
        int limit,
        NameWalk walk,
        Func<byte[], DbDataReader, Walk> take,
        CancellationToken cancel
    )
    {
        await using var row = await session.Query(statement, cancel);
        byte[] name = [];
        var read = 0;
        for (; await session.Next(row, cancel); read++)
        {
            name = row.ReadBytes(0);
            switch (take(name, row))
            {
                case Walk.Jump:
                    return walk.BehindCommonPrefix();
                case Walk.Done:
                    return null;
            }
        }
        return read < limit ? null : [.. name, 0];
    }

    static ValueTask<ObjectRow?> First(
        SqlSession session,
        string bucket,
        Statement statement,
        CancellationToken cancel
    ) => session.First(statement, row => ObjectQueries.Row(bucket, row.ReadUtf8(16), row), cancel);

    static byte[] Utf8(string key) => Databases.Columns.Utf8(key);
}

/// <summary>A name and the content that it had.</summary>
/// <param name="From">Position of the event that gave the name the content.</param>
readonly record struct PastName(string Key, string Sha1, long Size, long From, DateTimeOffset At);
