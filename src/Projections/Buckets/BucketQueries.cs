using System.Data.Common;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Buckets;

static class BucketQueries
{
    const string Select = """
        SELECT name, owner, created_at, policy, policy_binds, acl, ownership, public_access, cors, tags, encryption,
          versioning, lifecycle
        FROM tbl_bucket
        """;

    const string SelectOne = $"{Select} WHERE name = @name";
    const string SelectAll = $"{Select} ORDER BY name";
    const string SelectAsOf = """
        SELECT name, owner, created_at, NULL, NULL FROM tbl_bucket WHERE name = @name AND from_position <= @asof
        UNION ALL
        SELECT name, owner, created_at, NULL, NULL FROM tbl_bucket_version
        WHERE name = @name AND from_position <= @asof AND to_position > @asof
        """;

    const string SelectLastForeign = """
        SELECT COALESCE(MAX(to_position), 0) FROM tbl_bucket_version WHERE name = @name AND owner <> @owner
        """;

    const string SelectWithLifecycle = $"{Select} WHERE lifecycle IS NOT NULL ORDER BY name";

    const string SelectOwners = $"{Select} WHERE owner = @owner ORDER BY name";

    public static ValueTask<BucketRow?> Find(SqlSession session, string name, CancellationToken cancel) =>
        session.First(new(SelectOne, name), Row, cancel);

    public static ValueTask<List<BucketRow>> List(SqlSession session, string? owner, CancellationToken cancel) =>
        session.All(owner is null ? new(SelectAll) : new(SelectOwners, owner), Row, cancel);

    public static ValueTask<BucketRow?> FindAsOf(
        SqlSession session,
        string name,
        Position asOf,
        CancellationToken cancel
    ) => session.First(new(SelectAsOf, name, asOf.Value), PastRow, cancel);

    public static async ValueTask<Position> HeldSince(
        SqlSession session,
        string name,
        string owner,
        CancellationToken cancel
    ) => new(await session.First(new(SelectLastForeign, name, owner), row => row.GetInt64(0), cancel));

    public static ValueTask<List<BucketRow>> WithLifecycle(SqlSession session, CancellationToken cancel) =>
        session.All(new(SelectWithLifecycle), Row, cancel);

    static BucketRow Row(DbDataReader row) =>
        PastRow(row) with
        {
            Configuration = new(
                Policy: row.ReadText(3),
                PolicyBindsOwner: !row.IsDBNull(4),
                Acl: row.ReadJson(5, ColumnJson.Default.Acl),
                Ownership: row.ReadText(6) is { } ownership ? Enum.Parse<ObjectOwnership>(ownership) : null,
                PublicAccess: row.ReadJson(7, ColumnJson.Default.PublicAccessBlock),
                Cors: row.ReadJson(8, ColumnJson.Default.CorsRuleArray) is { } rules ? [.. rules] : null,
                Tags: row.ReadJson(9, ColumnJson.Default.ImmutableSortedDictionaryStringString),
                Encryption: row.ReadJson(10, ColumnJson.Default.BucketEncryption)
            ),
            Versioning = row.ReadText(11) is { } versioning ? Enum.Parse<BucketVersioning>(versioning) : null,
            Lifecycle = row.ReadJson(12, ColumnJson.Default.LifecycleRules),
        };

    static BucketRow PastRow(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.ReadTicks(2));
}
