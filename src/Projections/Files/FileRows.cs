using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Files;

/// <summary>Contents: by SHA-256 where they are, by SHA-1 what the REST contract says of them.
/// Tables <c>tbl_content</c> and <c>tbl_file</c>: <c>sql/sqlite/files.sql</c>.</summary>
public sealed class FileRows : IProjection
{
    const string Prefix = "content-";

    const string ReplaceContent = """
        REPLACE INTO tbl_content (sha256, sha1, size, location, damaged)
        VALUES (@sha256, @sha1, @size, @location, 0)
        """;

    /// <summary>The same content again (after damage, or a purge), or another one in the place of one purged.</summary>
    const string RenewFile = """
        UPDATE tbl_file SET file_size = @size, file_addr = @location, update_at = @at, status = 1, sha256 = @sha256
        WHERE file_hash = @sha1 AND (sha256 = @sha256 OR status = 2)
        """;

    const string InsertFile = """
        INSERT INTO tbl_file (id, file_hash, file_name, file_size, file_addr, create_at, update_at, status, sha256)
        SELECT @id, @sha1, '', @size, @location, @at, @at, 1, @sha256
        WHERE NOT EXISTS (SELECT 1 FROM tbl_file WHERE file_hash = @sha1)
        """;

    /// <summary>MySQL would set the time of its own clock where none is set.</summary>
    const string NameFile = """
        UPDATE tbl_file SET file_name = @name, update_at = update_at WHERE file_hash = @sha1 AND file_name = ''
        """;

    const string MarkDamaged = "UPDATE tbl_content SET damaged = 1 WHERE sha256 = @sha256";

    const string SetPurgeTime = "UPDATE tbl_content SET purge_not_before = @time WHERE sha256 = @sha256";

    const string PurgeFile = """
        UPDATE tbl_file SET status = 2, update_at = @at
        WHERE file_hash = (SELECT LOWER(HEX(sha1)) FROM tbl_content WHERE sha256 = @sha256) AND sha256 = @sha256
        """;

    const string PurgeContent = """
        UPDATE tbl_content SET location = NULL, damaged = 0, purge_not_before = NULL WHERE sha256 = @sha256
        """;

    public string Name => "files.v1";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix, "object-"];

    public IReadOnlyList<Statement> Project(Fact fact) =>
        fact.Event switch
        {
            ContentEvent.Stored e => Stored(fact, e),
            ContentEvent.Damaged => [new(MarkDamaged, HashOf(fact))],
            ContentEvent.PurgeScheduled e => [new(SetPurgeTime, e.NotBefore.UtcTicks, HashOf(fact))],
            ContentEvent.Revived => [new(SetPurgeTime, null, HashOf(fact))],
            ContentEvent.Purged e =>
            [
                new(PurgeFile, Columns.DateTime(e.At), HashOf(fact)),
                new(PurgeContent, HashOf(fact)),
            ],
            ObjectEvent.Put e =>
            [
                new(NameFile, Objects.ObjectRows.NameOf(fact.Stream).Key, e.Sha1) { FileHash = e.Sha1 },
            ],
            _ => [],
        };

    static Statement[] Stored(Fact fact, ContentEvent.Stored e)
    {
        var (sha256, at) = (Convert.FromHexString(e.Sha256), Columns.DateTime(e.At));
        return
        [
            new(ReplaceContent, sha256, Convert.FromHexString(e.Sha1), e.Size, e.Location),
            new(RenewFile, e.Size, e.Location, at, sha256, e.Sha1) { FileHash = e.Sha1 },
            new(InsertFile, fact.Position, e.Sha1, e.Size, e.Location, at, sha256) { FileHash = e.Sha1 },
        ];
    }

    static byte[] HashOf(Fact fact) => Convert.FromHexString(fact.Stream.AsSpan(Prefix.Length));
}
