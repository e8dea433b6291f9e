using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <param name="Sha256">Over all rows in the order of the key, 64 hex digits.</param>
public sealed record TableDigest(string Table, long Rows, string Sha256);

/// <param name="First">The first row that differs; null if none does.</param>
public sealed record TableComparison(TableDigest Live, TableDigest Rebuilt, RowDifference? First);

/// <summary>Two rows in the same place, as text; null where a table has ended.</summary>
public sealed record RowDifference(string? Live, string? Rebuilt);

/// <summary>What is in the read models, in a form that can be compared: equal at one position, however they came about.
/// </summary>
public static class ReadModelDigest
{
    /// <summary>Every table but the checkpoint, with its key.</summary>
    static readonly (string Table, string Sql)[] Tables =
    [
        ("tbl_bucket", "SELECT * FROM tbl_bucket ORDER BY name"),
        ("tbl_bucket_usage", "SELECT * FROM tbl_bucket_usage ORDER BY bucket"),
        ("tbl_bucket_version", "SELECT * FROM tbl_bucket_version ORDER BY name, from_position"),
        ("tbl_content", "SELECT * FROM tbl_content ORDER BY sha256"),
        ("tbl_content_copy", "SELECT * FROM tbl_content_copy ORDER BY sha256, distance, tier"),
        ("tbl_file", "SELECT * FROM tbl_file ORDER BY id"),
        ("tbl_home_bucket", "SELECT * FROM tbl_home_bucket ORDER BY bucket"),
        ("tbl_instant", "SELECT * FROM tbl_instant ORDER BY time"),
        ("tbl_object", "SELECT * FROM tbl_object ORDER BY bucket, object_key"),
        ("tbl_object_noncurrent", "SELECT * FROM tbl_object_noncurrent ORDER BY bucket, object_key, put_position"),
        ("tbl_object_version", "SELECT * FROM tbl_object_version ORDER BY bucket, object_key, from_position"),
        ("tbl_stopped", "SELECT * FROM tbl_stopped ORDER BY projection"),
        ("tbl_upload", "SELECT * FROM tbl_upload ORDER BY upload_id"),
        ("tbl_upload_part", "SELECT * FROM tbl_upload_part ORDER BY upload_id, number"),
        ("tbl_user_file", "SELECT * FROM tbl_user_file ORDER BY id"),
        ("tbl_user_file_name", "SELECT * FROM tbl_user_file_name ORDER BY user_name, file_name"),
    ];

    public static async Task<IReadOnlyList<TableDigest>> Of(IReadDatabase database, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        var digests = new List<TableDigest>();
        foreach (var (table, sql) in Tables)
        {
            await using var walk = await Walk.Begin(lease.Session, sql, cancel);
            while (await walk.Next(cancel) is not null) { }
            digests.Add(walk.Digest(table));
        }
        return digests;
    }

    /// <summary>Two read models row by row.</summary>
    internal static async Task<IReadOnlyList<TableComparison>> Compare(
        SqlSession live,
        SqlSession rebuilt,
        CancellationToken cancel
    )
    {
        var compared = new List<TableComparison>();
        foreach (var (table, sql) in Tables)
        {
            await using var actual = await Walk.Begin(live, sql, cancel);
            await using var shouldBe = await Walk.Begin(rebuilt, sql, cancel);
            RowDifference? first = null;
            while (true)
            {
                var (one, other) = (await actual.Next(cancel), await shouldBe.Next(cancel));
                if (one is null && other is null)
                    break;
                if (one != other)
                    first ??= new(one, other);
            }
            compared.Add(new(actual.Digest(table), shouldBe.Digest(table), first));
        }
        return compared;
    }

    /// <summary>Every row of every table as a line of text, for people and for tests.</summary>
    public static async Task<IReadOnlyList<string>> Dump(IReadDatabase database, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        var lines = new List<string>();
        foreach (var (table, sql) in Tables)
            lines.AddRange(await lease.Session.All(Whole(lease.Session, sql), row => $"{table} {Line(row)}", cancel));
        return lines;
    }

    /// <summary>A table that is cut into several is read as one.</summary>
    static Statement Whole(SqlSession session, string sql) =>
        session.FileShards == 1 || !sql.Contains("FROM tbl_file ", StringComparison.Ordinal)
            ? new(sql)
            : new(
                sql.Replace("FROM tbl_file ", $"FROM ({Union(session.FileShards)}) AS files ", StringComparison.Ordinal)
            )
            {
                FileHash = "00",
            };

    static string Union(int shards) =>
        string.Join(" UNION ALL ", FileShards.Tables(shards).Select(table => $"SELECT * FROM {table}"));

    /// <summary>Over the rows of one table, hashing them.</summary>
    sealed class Walk(SqlSession session, DbDataReader row) : IAsyncDisposable
    {
        readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long rows;

        public static async Task<Walk> Begin(SqlSession session, string sql, CancellationToken cancel) =>
            new(session, await session.Query(Whole(session, sql), cancel));

        /// <summary>The next row as a line; null at the end.</summary>
        public async ValueTask<string?> Next(CancellationToken cancel)
        {
            if (!await session.Next(row, cancel))
                return null;
            rows++;
            var line = Line(row);
            hash.AppendData(Encoding.UTF8.GetBytes(line));
            return line;
        }

        public TableDigest Digest(string table) => new(table, rows, Convert.ToHexStringLower(hash.GetHashAndReset()));

        public async ValueTask DisposeAsync()
        {
            hash.Dispose();
            await row.DisposeAsync();
        }
    }

    /// <summary>Values with their lengths in front, so that no two rows look alike.</summary>
    static string Line(DbDataReader row)
    {
        var line = new StringBuilder();
        for (var i = 0; i < row.FieldCount; i++)
        {
            var text = row.GetValue(i) switch
            {
                DBNull => null,
                byte[] bytes => Convert.ToHexStringLower(bytes),
                DateTime at => Columns.DateTime(at),
                var value => Convert.ToString(value, CultureInfo.InvariantCulture),
            };
            line.Append(CultureInfo.InvariantCulture, $"{row.GetName(i)}={text?.Length ?? -1}:{text} ");
        }
        return line.ToString();
    }
}
