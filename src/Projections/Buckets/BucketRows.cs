using System.Diagnostics;
using Varve.Domain.Buckets;
using Varve.Projections.Databases;

namespace Varve.Projections.Buckets;

/// <summary>The buckets that are there, and those that were. Tables: <c>sql/sqlite/buckets.sql</c>.</summary>
public sealed class BucketRows : IProjection
{
    const string Prefix = "bucket-";

    const string ReplaceBucket = """
        REPLACE INTO tbl_bucket (name, owner, created_at, from_position) VALUES (@name, @owner, @at, @position)
        """;

    /// <summary>What was there is over, and becomes a bucket of the past.</summary>
    const string KeepVersion = """
        INSERT INTO tbl_bucket_version (name, from_position, to_position, owner, created_at)
        SELECT name, from_position, @position, owner, created_at FROM tbl_bucket WHERE name = @name
        """;

    const string SetVersioning = "UPDATE tbl_bucket SET versioning = @versioning WHERE name = @name";

    const string SetLifecycle = "UPDATE tbl_bucket SET lifecycle = @lifecycle WHERE name = @name";

    const string DeleteBucket = "DELETE FROM tbl_bucket WHERE name = @name";

    const string SetPolicy = "UPDATE tbl_bucket SET policy = @policy, policy_binds = @binds WHERE name = @name";
    const string SetAcl = "UPDATE tbl_bucket SET acl = @acl WHERE name = @name";
    const string SetOwnership = "UPDATE tbl_bucket SET ownership = @ownership WHERE name = @name";
    const string SetPublicAccess = "UPDATE tbl_bucket SET public_access = @block WHERE name = @name";
    const string SetCors = "UPDATE tbl_bucket SET cors = @cors WHERE name = @name";
    const string SetTags = "UPDATE tbl_bucket SET tags = @tags WHERE name = @name";
    const string SetEncryption = "UPDATE tbl_bucket SET encryption = @encryption WHERE name = @name";

    public string Name => "buckets.v3";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix];

    public IReadOnlyList<Statement> Project(Fact fact) =>
        fact.Event switch
        {
            BucketEvent.Created e => [new(ReplaceBucket, BucketOf(fact.Stream), e.Owner, e.At.UtcTicks, fact.Position)],
            BucketEvent.Deleted =>
            [
                new(KeepVersion, fact.Position, BucketOf(fact.Stream)),
                new(DeleteBucket, BucketOf(fact.Stream)),
            ],
            BucketEvent.VersioningSet e => [new(SetVersioning, e.Status.ToString(), BucketOf(fact.Stream))],
            BucketEvent.LifecycleSet e =>
            [
                new(SetLifecycle, Columns.Json(e.Rules, ColumnJson.Default.LifecycleRules), BucketOf(fact.Stream)),
            ],
            // Asked of the log alone.
            BucketConfigurationEvent.NotificationsSet or BucketConfigurationEvent.QuotaSet => [],
            BucketConfigurationEvent e => [Set(e, BucketOf(fact.Stream))],
            _ => [],
        };

    static Statement Set(BucketConfigurationEvent change, string name) =>
        change switch
        {
            BucketConfigurationEvent.PolicySet e => new(SetPolicy, e.Policy, e.BindsOwner ?? false ? 1 : null, name),
            BucketConfigurationEvent.AclSet e => new(SetAcl, Columns.Json(e.Acl, ColumnJson.Default.Acl), name),
            BucketConfigurationEvent.OwnershipSet e => new(SetOwnership, e.Ownership?.ToString(), name),
            BucketConfigurationEvent.PublicAccessSet e => new(
                SetPublicAccess,
                Columns.Json(e.Block, ColumnJson.Default.PublicAccessBlock),
                name
            ),
            BucketConfigurationEvent.CorsSet e => new(
                SetCors,
                e.Rules is { } rules ? Columns.Json([.. rules], ColumnJson.Default.CorsRuleArray) : null,
                name
            ),
            BucketConfigurationEvent.Tagged e => new(
                SetTags,
                Columns.Json(e.Tags, ColumnJson.Default.ImmutableSortedDictionaryStringString),
                name
            ),
            BucketConfigurationEvent.EncryptionSet e => new(
                SetEncryption,
                Columns.Json(e.Encryption, ColumnJson.Default.BucketEncryption),
                name
            ),
            _ => throw new UnreachableException(),
        };

    internal static string BucketOf(string stream) => stream[Prefix.Length..];
}
