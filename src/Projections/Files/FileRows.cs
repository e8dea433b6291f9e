using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Projections.Databases;

namespace Varve.Projections.Files;

/// <summary>Contents: by SHA-256 where they are, by SHA-1 what the REST contract says of them.
/// Tables <c>tbl_content</c>, <c>tbl_content_copy</c> and <c>tbl_file</c>: <c>sql/sqlite/files.sql</c>.</summary>
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

    const string ReplaceCopy = """
        REPLACE INTO tbl_content_copy (sha256, distance, tier, location, damaged, copied_at)
        VALUES (@sha256, @distance, @tier, @location, 0, @time)
        """;

    const string MarkDamaged =
        "UPDATE tbl_content_copy SET damaged = 1 WHERE sha256 = @sha256 AND location = @location";

    const string DeleteCopy = "DELETE FROM tbl_content_copy WHERE sha256 = @sha256 AND tier = @tier";

    const string DeleteCopies = "DELETE FROM tbl_content_copy WHERE sha256 = @sha256";

    /// <summary>The nearest sound copy is the one to read; where none is sound, the nearest.</summary>
    const string ChooseCopy = """
        UPDATE tbl_content SET
          damaged = (SELECT MIN(c.damaged) FROM tbl_content_copy AS c WHERE c.sha256 = @sha256),
          location = (
            SELECT c.location FROM tbl_content_copy AS c WHERE c.sha256 = @sha256
            ORDER BY c.damaged, c.distance, c.tier LIMIT 1
          )
        WHERE sha256 = @sha256
        """;

    const string MoveFile = """
        UPDATE tbl_file SET update_at = @at, file_addr = (
          SELECT c.location FROM tbl_content AS c WHERE c.sha256 = @sha256
        )
        WHERE file_hash = (SELECT LOWER(HEX(c.sha1)) FROM tbl_content AS c WHERE c.sha256 = @sha256)
          AND sha256 = @sha256
          AND file_addr <> (SELECT c.location FROM tbl_content AS c WHERE c.sha256 = @sha256)
        """;

    const string SetPurgeTime = "UPDATE tbl_content SET purge_not_before = @time WHERE sha256 = @sha256";

    const string PurgeFile = """
        UPDATE tbl_file SET status = 2, update_at = @at
        WHERE file_hash = (SELECT LOWER(HEX(sha1)) FROM tbl_content WHERE sha256 = @sha256) AND sha256 = @sha256
        """;

    const string PurgeContent = """
        UPDATE tbl_content SET location = NULL, damaged = 0, purge_not_before = NULL WHERE sha256 = @sha256
        """;

    public string Name => "files.v2";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix, "object-"];

    public IReadOnlyList<Statement> Project(Fact fact) =>
        fact.Event switch
        {
            ContentEvent.Stored e => Stored(fact, e),
            ContentEvent.Damaged e => [new(MarkDamaged, HashOf(fact), e.Location), .. Chosen(fact, sha1: null, e.At)],
            ContentEvent.Copied e => [CopyOf(fact, e.Location, e.At), .. Chosen(fact, e.Sha1, e.At)],
            ContentEvent.Repaired e => [CopyOf(fact, e.Location, e.At), .. Chosen(fact, e.Sha1, e.At)],
            ContentEvent.Evicted e => [new(DeleteCopy, HashOf(fact), e.Tier), .. Chosen(fact, e.Sha1, e.At)],
            ContentEvent.PurgeScheduled e => [new(SetPurgeTime, e.NotBefore.UtcTicks, HashOf(fact))],
            ContentEvent.Revived => [new(SetPurgeTime, null, HashOf(fact))],
            ContentEvent.Purged e =>
            [
                new(PurgeFile, Columns.DateTime(e.At), HashOf(fact)),
                new(PurgeContent, HashOf(fact)),
                new(DeleteCopies, HashOf(fact)),
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
            CopyOf(fact, e.Location, e.At),
        ];
    }

    static Statement CopyOf(Fact fact, string location, DateTimeOffset at)
    {
        var tier = ContentCopy.TierOf(location);
        return new(ReplaceCopy, HashOf(fact), StoreTypes.Distance(tier), tier, location, at.UtcTicks);
    }

    /// <param name="sha1">Null where the event does not say.</param>
    static Statement[] Chosen(Fact fact, string? sha1, DateTimeOffset at) =>
        [new(ChooseCopy, HashOf(fact)), new(MoveFile, Columns.DateTime(at), HashOf(fact)) { FileHash = sha1 }];

    static byte[] HashOf(Fact fact) => Convert.FromHexString(fact.Stream.AsSpan(Prefix.Length));
}
