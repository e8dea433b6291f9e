using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

/// <summary>The current objects, and all their versions. Tables: <c>sql/sqlite/objects.sql</c>.</summary>
public sealed class ObjectRows : IProjection
{
    const string Prefix = "object-";

    /// <summary>What was current is over, and becomes a past version.</summary>
    const string KeepVersion = """
        INSERT INTO tbl_object_version (
          bucket, object_key, from_position, from_time, to_position, to_time, made_position, put_position, version_id,
          sha256, sha1, size, etag, checksum_algorithm, checksum_type, checksum, content_type, attributes,
          null_version, tags, object_lock, acl
        )
        SELECT bucket, object_key, from_position, from_time, @position, COALESCE(@time, from_time), made_position,
          put_position, version_id, sha256, sha1, size, etag, checksum_algorithm, checksum_type, checksum, content_type,
          attributes, null_version, tags, object_lock, acl
        FROM tbl_object WHERE bucket = @bucket AND object_key = @key
        """;

    /// <summary>The newest is found in a derived table, as MySQL must not read what it updates.</summary>
    const string EndDeleteMarker = """
        UPDATE tbl_object_version SET to_position = @position, to_time = @time
        WHERE bucket = @bucket AND object_key = @key AND to_position = 9223372036854775807 AND from_position = (
          SELECT newest FROM (
            SELECT MAX(from_position) AS newest FROM tbl_object_version WHERE bucket = @bucket AND object_key = @key
          ) AS versions
        )
        """;

    const string InsertDeleteMarker = """
        INSERT INTO tbl_object_version (
          bucket, object_key, from_position, from_time, to_position, to_time, made_position, put_position, version_id,
          null_version
        )
        VALUES (
          @bucket, @key, @position, @time, 9223372036854775807, 9223372036854775807, @position, @position, @version,
          @null
        )
        """;

    const string ReplaceObject = """
        REPLACE INTO tbl_object (
          bucket, object_key, from_position, from_time, made_position, put_position, version_id, sha256, sha1, size,
          etag, checksum_algorithm, checksum_type, checksum, content_type, attributes, null_version, tags, object_lock,
          acl
        ) VALUES (
          @bucket, @key, @position, @time, @position, @position, @version, @sha256, @sha1, @size, @etag,
          @checksum_algorithm, @checksum_type, @checksum, @content_type, @attributes, @null, @tags, @lock, @acl
        )
        """;

    const string DeleteObject = "DELETE FROM tbl_object WHERE bucket = @bucket AND object_key = @key";

    readonly UsageRows usage = new();

    public string Name => "objects.v3";

    /// <summary>Buckets say whether their usage is asked for.</summary>
    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix, "bucket-"];

    public ValueTask Remember(SqlSession session, CancellationToken cancel) => usage.Remember(session, cancel);

    public IReadOnlyList<Statement> Project(Fact fact) =>
        usage.Before(fact) is { Length: > 0 } counted ? [.. counted, .. Rows(fact)] : Rows(fact);

    static Statement[] Rows(Fact fact) =>
        fact.Event switch
        {
            ObjectEvent.Put e => Put(fact, e),
            ObjectEvent.Deleted e => Deleted(fact, e),
            ObjectEvent.VersionDeleted e => VersionDeleted(fact, e),
            ObjectEvent.Tagged e => NoncurrentRows.Tagged(fact, e),
            ObjectEvent.LockSet e => NoncurrentRows.LockSet(fact, e),
            ObjectEvent.AclSet e => NoncurrentRows.AclSet(fact, e),
            _ => [],
        };

    /// <summary>Bucket names have no slash: the first one ends the name.</summary>
    internal static (string Bucket, string Key) NameOf(string stream)
    {
        var slash = stream.IndexOf('/', Prefix.Length);
        return slash > 0
            ? (stream[Prefix.Length..slash], stream[(slash + 1)..])
            : throw new FormatException($"Stream '{stream}' names no object.");
    }

    /// <summary>What was current is over.</summary>
    /// <param name="time">Null where it goes on, amended.</param>
    internal static Statement Keep(Fact fact, string bucket, byte[] key, DateTimeOffset? time) =>
        new(KeepVersion, fact.Position, time?.UtcTicks, bucket, key);

    static Statement[] Put(Fact fact, ObjectEvent.Put e)
    {
        var (bucket, name) = NameOf(fact.Stream);
        var key = Columns.Utf8(name);
        Statement replaceObject = new(
            ReplaceObject,
            bucket,
            key,
            fact.Position,
            e.At.UtcTicks,
            Convert.FromHexString(e.VersionId),
            Convert.FromHexString(e.Content),
            Convert.FromHexString(e.Sha1),
            e.Size,
            e.ETag,
            e.Checksum?.Algorithm,
            e.Checksum?.Type,
            e.Checksum?.Value,
            e.Attributes.ContentType,
            Columns.Details(e),
            NoncurrentRows.IsNull(e.Versioning),
            Columns.Json(e.Tags, ColumnJson.Default.ImmutableSortedDictionaryStringString),
            Columns.Json(e.Lock, ColumnJson.Default.ObjectLock),
            Columns.Json(e.Acl, ColumnJson.Default.Acl)
        );
        return fact.Revision == 0
            ? [replaceObject]
            :
            [
                new(EndDeleteMarker, fact.Position, e.At.UtcTicks, bucket, key),
                Keep(fact, bucket, key, e.At),
                .. NoncurrentRows.Written(bucket, key, e.Versioning),
                replaceObject,
            ];
    }

    static Statement[] Deleted(Fact fact, ObjectEvent.Deleted e)
    {
        var (bucket, name) = NameOf(fact.Stream);
        var (key, version, time) = (Columns.Utf8(name), Convert.FromHexString(e.VersionId), e.At.UtcTicks);
        return
        [
            new(EndDeleteMarker, fact.Position, time, bucket, key),
            Keep(fact, bucket, key, e.At),
            new(InsertDeleteMarker, bucket, key, fact.Position, time, version, NoncurrentRows.IsNull(e.Versioning)),
            .. NoncurrentRows.Written(bucket, key, e.Versioning),
            .. NoncurrentRows.Marked(fact, bucket, key, e),
            new(DeleteObject, bucket, key),
        ];
    }

    static Statement[] VersionDeleted(Fact fact, ObjectEvent.VersionDeleted e)
    {
        var (bucket, name) = NameOf(fact.Stream);
        var key = Columns.Utf8(name);
        var dropVersion = NoncurrentRows.Drop(bucket, key, e.VersionId);
        return e.WasLatest is null
            ? [dropVersion]
            :
            [
                dropVersion,
                new(EndDeleteMarker, fact.Position, e.At.UtcTicks, bucket, key),
                Keep(fact, bucket, key, e.At),
                new(DeleteObject, bucket, key),
                .. NoncurrentRows.Promoted(fact, bucket, key, e.Current),
            ];
    }
}
