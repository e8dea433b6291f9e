using System.Data.Common;
using Varve.Projections.Databases;

namespace Varve.Projections.Buckets;

static class BucketQueries
{
    const string Select = "SELECT name, owner, created_at FROM tbl_bucket";
    const string SelectOne = $"{Select} WHERE name = @name";
    const string SelectAll = $"{Select} ORDER BY name";
    const string SelectOwners = $"{Select} WHERE owner = @owner ORDER BY name";

    public static ValueTask<BucketRow?> Find(SqlSession session, string name, CancellationToken cancel) =>
        session.First(new(SelectOne, name), Row, cancel);

    public static ValueTask<List<BucketRow>> List(SqlSession session, string? owner, CancellationToken cancel) =>
        session.All(owner is null ? new(SelectAll) : new(SelectOwners, owner), Row, cancel);

    static BucketRow Row(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.ReadTicks(2));
}
