using System.Data.Common;
using Varve.Projections.Databases;

namespace Varve.Projections.Files;

/// <summary>Copies of contents by tier.</summary>
static class CopyQueries
{
    const string SelectLocations = """
        SELECT location FROM tbl_content_copy WHERE sha256 = @sha256 ORDER BY damaged, distance, tier
        """;

    const string SelectCopies = """
        SELECT x.sha256, x.tier, x.location, c.size, x.copied_at
        FROM tbl_content_copy AS x INNER JOIN tbl_content AS c ON c.sha256 = x.sha256
        """;

    const string HasOther = """
        EXISTS (
          SELECT 1 FROM tbl_content_copy AS other
          WHERE other.sha256 = x.sha256 AND other.tier <> x.tier AND other.damaged = 0
        )
        """;

    const string SelectIn = $"""
        {SelectCopies} WHERE x.tier = @tier AND x.sha256 > @after ORDER BY x.sha256 LIMIT @limit
        """;

    const string SelectRepairable = $"{SelectCopies} WHERE x.damaged = 1 AND {HasOther} ORDER BY x.sha256 LIMIT @limit";

    const string SelectEvictable = $"""
        {SelectCopies} WHERE x.tier = @tier AND {HasOther} ORDER BY x.copied_at, x.sha256 LIMIT @limit
        """;

    const string SelectBytes = """
        SELECT COALESCE(SUM(c.size), 0)
        FROM tbl_content_copy AS x INNER JOIN tbl_content AS c ON c.sha256 = x.sha256
        WHERE x.tier = @tier
        """;

    public static async ValueTask<IReadOnlyList<string>> LocationsOf(
        SqlSession session,
        string sha256,
        CancellationToken cancel
    ) => await session.All(new(SelectLocations, Convert.FromHexString(sha256)), row => row.GetString(0), cancel);

    public static async ValueTask<IReadOnlyList<CopyRow>> In(
        SqlSession session,
        string tier,
        string after,
        int limit,
        CancellationToken cancel
    ) => await session.All(new(SelectIn, tier, Convert.FromHexString(after), limit), Copy, cancel);

    public static async ValueTask<IReadOnlyList<CopyRow>> Repairable(
        SqlSession session,
        int limit,
        CancellationToken cancel
    ) => await session.All(new(SelectRepairable, limit), Copy, cancel);

    public static async ValueTask<IReadOnlyList<CopyRow>> Evictable(
        SqlSession session,
        string tier,
        int limit,
        CancellationToken cancel
    ) => await session.All(new(SelectEvictable, tier, limit), Copy, cancel);

    public static ValueTask<long> BytesIn(SqlSession session, string tier, CancellationToken cancel) =>
        session.First(new(SelectBytes, tier), row => row.GetInt64(0), cancel);

    static CopyRow Copy(DbDataReader row) =>
        new(row.ReadHex(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.ReadTicks(4));
}
