using Varve.Domain.Buckets;
using Varve.Projections.Databases;

namespace Varve.Projections.Buckets;

/// <summary>One row a bucket. Table: <c>sql/sqlite/buckets.sql</c>.</summary>
public sealed class BucketRows : IProjection
{
    const string Prefix = "bucket-";

    public string Name => "buckets.v1";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix];

    public IReadOnlyList<Statement> Project(Fact fact) =>
        fact.Event switch
        {
            BucketEvent.Created e =>
            [
                new(
                    "REPLACE INTO tbl_bucket (name, owner, created_at) VALUES (@name, @owner, @at)",
                    BucketOf(fact.Stream),
                    e.Owner,
                    e.At.UtcTicks
                ),
            ],
            BucketEvent.Deleted => [new("DELETE FROM tbl_bucket WHERE name = @name", BucketOf(fact.Stream))],
            _ => [],
        };

    internal static string BucketOf(string stream) => stream[Prefix.Length..];
}
