using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Domain.Users;
using Varve.Projections.Buckets;
using Varve.Projections.Databases;

namespace Varve.Projections.Files;

/// <summary>What each user has in the home bucket: one row a (user, content), under the newest name.
/// Tables <c>tbl_user_file</c>, <c>tbl_user_file_name</c>, <c>tbl_home_bucket</c>:
/// <c>sql/sqlite/files.sql</c>.</summary>
public sealed class UserFileRows : IProjection
{
    const string Prefix = "user-";

    const string InsertHome = "REPLACE INTO tbl_home_bucket (bucket, user_name) VALUES (@bucket, @user)";
    const string DeleteHome = "DELETE FROM tbl_home_bucket WHERE bucket = @bucket";

    /// <summary>The content that a name leaves keeps the newest of its other names, or is deleted.</summary>
    const string LeaveFile = """
        UPDATE tbl_user_file SET
          last_update = @at,
          status = CASE WHEN EXISTS (
            SELECT 1 FROM tbl_user_file_name AS other
            WHERE other.user_name = @user AND other.file_hash = tbl_user_file.file_hash AND other.file_name <> @name
          ) THEN 0 ELSE 1 END,
          file_name = COALESCE((
            SELECT CAST(other.file_name AS CHAR) FROM tbl_user_file_name AS other
            WHERE other.user_name = @user AND other.file_hash = tbl_user_file.file_hash AND other.file_name <> @name
            ORDER BY other.position DESC LIMIT 1
          ), file_name),
          name_bytes = COALESCE((
            SELECT other.file_name FROM tbl_user_file_name AS other
            WHERE other.user_name = @user AND other.file_hash = tbl_user_file.file_hash AND other.file_name <> @name
            ORDER BY other.position DESC LIMIT 1
          ), name_bytes)
        WHERE user_name = @user AND file_hash <> @sha1 AND file_hash = (
          SELECT gone.file_hash FROM tbl_user_file_name AS gone WHERE gone.user_name = @user AND gone.file_name = @name
        )
        """;

    const string ReplaceName = """
        REPLACE INTO tbl_user_file_name (user_name, file_name, file_hash, position)
        VALUES (@user, @name, @sha1, @position)
        """;

    const string DeleteName = "DELETE FROM tbl_user_file_name WHERE user_name = @user AND file_name = @name";

    const string RenewFile = """
        UPDATE tbl_user_file
        SET file_size = @size, file_name = @name, name_bytes = @bytes, last_update = @at, status = 0
        WHERE user_name = @user AND file_hash = @sha1
        """;

    const string InsertFile = """
        INSERT INTO tbl_user_file (
          id, user_name, file_hash, file_size, file_name, name_bytes, upload_at, last_update, status
        )
        SELECT @id, @user, @sha1, @size, @name, @bytes, @at, @at, 0
        WHERE NOT EXISTS (SELECT 1 FROM tbl_user_file WHERE user_name = @user AND file_hash = @sha1)
        """;

    readonly Dictionary<string, string> homes = new(StringComparer.Ordinal);

    public string Name => "user-files.v2";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix, "bucket-", "object-"];

    public async ValueTask Remember(SqlSession session, CancellationToken cancel)
    {
        homes.Clear();
        var rows = await session.All(
            new("SELECT bucket, user_name FROM tbl_home_bucket"),
            row => (Bucket: row.GetString(0), User: row.GetString(1)),
            cancel
        );
        foreach (var (bucket, user) in rows)
            homes[bucket] = user;
    }

    public IReadOnlyList<Statement> Project(Fact fact) =>
        fact.Event switch
        {
            ObjectEvent.Put e => HomeOf(fact) is var (user, name) ? Put(fact, e, user, name) : [],
            ObjectEvent.Deleted e => HomeOf(fact) is var (user, name) ? Deleted(e, user, name) : [],
            UserEvent.SignedUp e => SignedUp(fact.Stream[Prefix.Length..], e.HomeBucket),
            BucketEvent.Created e => Created(BucketRows.BucketOf(fact.Stream), e.Owner),
            _ => [],
        };

    Statement[] SignedUp(string user, string bucket)
    {
        homes[bucket] = user;
        return [new(InsertHome, bucket, user)];
    }

    /// <summary>A bucket that somebody else made anew is nobody's home any more.</summary>
    Statement[] Created(string bucket, string owner)
    {
        if (!homes.TryGetValue(bucket, out var user) || user == owner)
            return [];
        homes.Remove(bucket);
        return [new(DeleteHome, bucket)];
    }

    (string User, string Name)? HomeOf(Fact fact)
    {
        var (bucket, key) = Objects.ObjectRows.NameOf(fact.Stream);
        return homes.TryGetValue(bucket, out var user) ? (user, key) : null;
    }

    static Statement[] Put(Fact fact, ObjectEvent.Put e, string user, string name)
    {
        var (key, at) = (Columns.Utf8(name), Columns.DateTime(e.At));
        return
        [
            new(LeaveFile, at, user, key, e.Sha1),
            new(ReplaceName, user, key, e.Sha1, fact.Position),
            new(RenewFile, e.Size, name, key, at, user, e.Sha1),
            new(InsertFile, fact.Position, user, e.Sha1, e.Size, name, key, at),
        ];
    }

    static Statement[] Deleted(ObjectEvent.Deleted e, string user, string name)
    {
        var key = Columns.Utf8(name);
        return [new(LeaveFile, Columns.DateTime(e.At), user, key, ""), new(DeleteName, user, key)];
    }
}
