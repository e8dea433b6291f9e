using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Objects;

/// <summary>The current objects, and all their versions. Tables: <c>sql/sqlite/objects.sql</c>.</summary>
public sealed class ObjectRows : IProjection
{
    const string Prefix = "object-";

    /// <summary>The newest version is found in a derived table, as MySQL must not read what it updates.</summary>
    const string CloseVersion = """
        UPDATE tbl_object_version SET to_position = @position, to_time = @time
        WHERE bucket = @bucket AND object_key = @key AND from_position = (
          SELECT newest FROM (
            SELECT MAX(from_position) AS newest FROM tbl_object_version WHERE bucket = @bucket AND object_key = @key
          ) AS versions
        )
        """;

    const string InsertVersion = """
        INSERT INTO tbl_object_version (
          bucket, object_key, from_position, to_position, from_time, to_time, version_id,
          sha256, sha1, size, etag, checksum_algorithm, checksum_type, checksum, attributes
        ) VALUES (
          @bucket, @key, @position, @to_position, @time, @to_time, @version,
          @sha256, @sha1, @size, @etag, @checksum_algorithm, @checksum_type, @checksum, @attributes
        )
        """;

    const string InsertDeleteMarker = """
        INSERT INTO tbl_object_version (bucket, object_key, from_position, to_position, from_time, to_time, version_id)
        VALUES (@bucket, @key, @position, @to_position, @time, @to_time, @version)
        """;

    const string ReplaceObject = """
        REPLACE INTO tbl_object (
          bucket, object_key, version_id, sha256, sha1, size, etag, modified_at,
          checksum_algorithm, checksum_type, checksum, attributes
        ) VALUES (
          @bucket, @key, @version, @sha256, @sha1, @size, @etag, @time,
          @checksum_algorithm, @checksum_type, @checksum, @attributes
        )
        """;

    const string DeleteObject = "DELETE FROM tbl_object WHERE bucket = @bucket AND object_key = @key";

    public string Name => "objects.v1";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix];

    public IReadOnlyList<Statement> Project(Fact fact) =>
        fact.Event switch
        {
            ObjectEvent.Put e => Put(fact, e),
            ObjectEvent.Deleted e => Deleted(fact, e),
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

    static Statement[] Put(Fact fact, ObjectEvent.Put e)
    {
        var (bucket, name) = NameOf(fact.Stream);
        var (key, version) = (Columns.Utf8(name), Convert.FromHexString(e.VersionId));
        var (sha256, sha1) = (Convert.FromHexString(e.Content), Convert.FromHexString(e.Sha1));
        var (time, attributes) = (e.At.UtcTicks, Columns.Json(e.Attributes));
        object?[] checksum = [e.Checksum?.Algorithm, e.Checksum?.Type, e.Checksum?.Value];

        Statement insertVersion = new(
            InsertVersion,
            [
                .. (object?[])[bucket, key, fact.Position, Columns.Forever, time, Columns.Forever, version],
                .. (object?[])[sha256, sha1, e.Size, e.ETag, .. checksum, attributes],
            ]
        );
        Statement replaceObject = new(
            ReplaceObject,
            [bucket, key, version, sha256, sha1, e.Size, e.ETag, time, .. checksum, attributes]
        );
        return fact.Revision == 0
            ? [insertVersion, replaceObject]
            : [new(CloseVersion, fact.Position, time, bucket, key), insertVersion, replaceObject];
    }

    static Statement[] Deleted(Fact fact, ObjectEvent.Deleted e)
    {
        var (bucket, name) = NameOf(fact.Stream);
        var (key, version, time) = (Columns.Utf8(name), Convert.FromHexString(e.VersionId), e.At.UtcTicks);
        return
        [
            new(CloseVersion, fact.Position, time, bucket, key),
            new(InsertDeleteMarker, bucket, key, fact.Position, Columns.Forever, time, Columns.Forever, version),
            new(DeleteObject, bucket, key),
        ];
    }
}
