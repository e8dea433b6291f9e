using Varve.Projections.Databases;

namespace Varve.Projections.Files;

/// <summary>Contents by whether an object that is now, in any version, has them. There is no index for this, as it
/// would cost every write: each query goes once through the objects.</summary>
static class UnreferencedQueries
{
    const string Referenced = """
        (c.sha256 IN (SELECT o.sha256 FROM tbl_object AS o)
          OR c.sha256 IN (SELECT n.sha256 FROM tbl_object_noncurrent AS n WHERE n.sha256 IS NOT NULL))
        """;

    const string SelectUnreferenced = $"""
        SELECT c.sha256, c.purge_not_before FROM tbl_content AS c
        WHERE c.sha256 > @after AND c.location IS NOT NULL
          AND (c.purge_not_before IS NULL OR c.purge_not_before <= @due) AND NOT {Referenced}
        ORDER BY c.sha256 LIMIT @limit
        """;

    const string SelectReferencedAgain = $"""
        SELECT c.sha256 FROM tbl_content AS c WHERE c.purge_not_before IS NOT NULL AND {Referenced}
        ORDER BY c.sha256 LIMIT @limit
        """;

    public static async ValueTask<IReadOnlyList<UnreferencedContent>> Unreferenced(
        SqlSession session,
        string after,
        DateTimeOffset due,
        int limit,
        CancellationToken cancel
    ) =>
        await session.All(
            new(SelectUnreferenced, Convert.FromHexString(after), due.UtcTicks, limit),
            row => new UnreferencedContent(row.ReadHex(0), !row.IsDBNull(1)),
            cancel
        );

    public static async ValueTask<IReadOnlyList<string>> ReferencedAgain(
        SqlSession session,
        int limit,
        CancellationToken cancel
    ) => await session.All(new(SelectReferencedAgain, limit), row => row.ReadHex(0), cancel);
}
