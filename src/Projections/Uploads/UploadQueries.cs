using System.Text;
using Varve.Domain.Objects;
using Varve.Projections.Databases;
using Varve.Projections.Objects;

namespace Varve.Projections.Uploads;

static class UploadQueries
{
    const int Chunk = 128;

    // Of S3's uploads only: those with a file's hash were begun by REST, and S3 knows nothing of them.
    const string SelectFrom = """
        SELECT object_key, upload_id, initiator, initiated_at, storage_class, checksum_algorithm, checksum_type
        FROM tbl_upload
        WHERE bucket = @bucket AND (object_key, upload_id) > (@from, @upload_id) AND file_hash IS NULL
        ORDER BY object_key, upload_id LIMIT @limit
        """;

    const string SelectOpen = """
        SELECT upload_id FROM tbl_upload WHERE initiator = @user AND file_hash = @sha1
        ORDER BY position DESC LIMIT 1
        """;

    const string SelectBegunBefore = """
        SELECT upload_id FROM tbl_upload WHERE initiated_at < @before ORDER BY initiated_at LIMIT @limit
        """;

    const string SelectOpenTotals = """
        SELECT upload_id, COALESCE(chunk_count, 0), COALESCE(file_hash, ''), COALESCE(file_size, 0) FROM tbl_upload
        """;

    const string SelectReceived = "SELECT upload_id, number FROM tbl_upload_part";

    /// <summary>The newest open upload that a user began by REST for a content.</summary>
    public static ValueTask<string?> FindOpen(SqlSession session, string user, string sha1, CancellationToken cancel) =>
        session.First(new(SelectOpen, user, sha1), row => row.GetString(0), cancel);

    public static async ValueTask<IReadOnlyList<string>> BegunBefore(
        SqlSession session,
        DateTimeOffset before,
        int limit,
        CancellationToken cancel
    ) => await session.All(new(SelectBegunBefore, before.UtcTicks, limit), row => row.GetString(0), cancel);

    /// <summary>Tells a progress view of every open upload.</summary>
    public static async ValueTask Fill(SqlSession session, IUploadProgress progress, CancellationToken cancel)
    {
        var uploads = await session.All(
            new(SelectOpenTotals),
            row => (Id: row.GetString(0), Totals: new UploadTotals(row.GetInt32(1), row.GetString(2), row.GetInt64(3))),
            cancel
        );
        foreach (var (id, totals) in uploads)
            await progress.Begin(id, totals, cancel);
        var parts = await session.All(
            new(SelectReceived),
            row => (Id: row.GetString(0), Number: row.GetInt32(1)),
            cancel
        );
        foreach (var (id, number) in parts)
            await progress.Receive(id, number, cancel);
    }

    public static async ValueTask<UploadPage> List(SqlSession session, UploadListing listing, CancellationToken cancel)
    {
        // With an upload id, uploads of the marker's own key follow: the walk must not see that key as passed.
        var within = listing.UploadIdMarker.Length > 0 && listing.KeyMarker.Length > 0;
        var walk = new NameWalk(listing.Prefix, listing.Delimiter, listing.KeyMarker, listing.Max);
        var uploads = new List<UploadRow>();
        var (from, id) = (listing.Max > 0 ? walk.Start() : null, "");
        if (within && from is [.. var marker, 0] && marker.AsSpan().SequenceEqual(Columns.Utf8(listing.KeyMarker)))
            (from, id) = (marker, listing.UploadIdMarker);
        while (from is not null)
            (from, id) = await Read(session, new(SelectFrom, listing.Bucket, from, id, Chunk), walk, uploads, cancel);

        if (!walk.Truncated)
            return new UploadPage(uploads, walk.CommonPrefixes, Truncated: false, "", "");
        return walk.EndsInPrefix
            ? new UploadPage(uploads, walk.CommonPrefixes, Truncated: true, walk.CommonPrefixes[^1], "")
            : new UploadPage(uploads, walk.CommonPrefixes, Truncated: true, uploads[^1].Key, uploads[^1].UploadId);
    }

    /// <returns>Where to go on; a null key if the page is complete.</returns>
    static async ValueTask<(byte[]? Key, string Id)> Read(
        SqlSession session,
        Statement statement,
        NameWalk walk,
        List<UploadRow> uploads,
        CancellationToken cancel
    )
    {
        await using var row = await session.Query(statement, cancel);
        var (key, id, read) = ((byte[])[], "", 0);
        for (; await session.Next(row, cancel); read++)
        {
            (key, id) = (row.ReadBytes(0), row.GetString(1));
            switch (walk.Take(key))
            {
                case Walk.Item:
                    uploads.Add(
                        new(
                            id,
                            Encoding.UTF8.GetString(key),
                            row.GetString(2),
                            row.ReadTicks(3),
                            row.ReadText(4) ?? StorageClass.Standard,
                            row.ReadText(5),
                            row.ReadText(6)
                        )
                    );
                    break;
                case Walk.Jump:
                    return (walk.BehindCommonPrefix(), "");
                case Walk.Done:
                    return (null, "");
            }
        }
        return read < Chunk ? (null, "") : (key, id);
    }
}
