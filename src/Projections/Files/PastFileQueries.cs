using Varve.Projections.Databases;
using Varve.Projections.Objects;

namespace Varve.Projections.Files;

/// <summary>A user's files as of a position: the names in the home bucket then, of each content the newest.</summary>
static class PastFileQueries
{
    const string SelectNewest = """
        SELECT file_name AS name, position FROM tbl_user_file_name
        WHERE user_name = @user AND file_hash = @hash AND position <= @asof
        UNION ALL
        SELECT object_key, made_position FROM tbl_object_version
        WHERE bucket = @bucket AND sha1 = @sha1 AND from_position <= @asof AND to_position > @asof
        ORDER BY position DESC LIMIT 1
        """;

    /// <summary>When the user first had it, and when a name of it went last.</summary>
    const string SelectTimes = """
        SELECT upload_at, (
          SELECT MAX(to_time) FROM tbl_object_version
          WHERE bucket = @bucket AND sha1 = @sha1 AND from_position <= @asof AND to_position <= @asof
        ) FROM tbl_user_file WHERE user_name = @user AND file_hash = @hash
        """;

    public static async ValueTask<string?> NewestName(
        SqlSession session,
        PastHome home,
        string sha1,
        CancellationToken cancel
    ) => (await Newest(session, home, sha1, cancel))?.Name;

    public static async ValueTask<UserFilePage> List(
        SqlSession session,
        PastHome home,
        string prefix,
        string? cursor,
        int limit,
        CancellationToken cancel
    )
    {
        var files = new List<UserFileRow>();
        var from = Columns.Utf8(cursor is null ? prefix : FileQueries.Decoded(cursor));
        while (from is not null)
        {
            var (names, next) = await PastQueries.Names(session, home.Bucket, from, home.AsOf, cancel);
            foreach (var name in names)
            {
                if (!name.Key.StartsWith(prefix, StringComparison.Ordinal))
                    return new UserFilePage(files, Cursor: null);
                if ((await Newest(session, home, name.Sha1, cancel))?.Position != name.From)
                    continue; // the content has a newer name
                if (files.Count == limit)
                    return new UserFilePage(files, FileQueries.Encoded(name.Key));
                files.Add(await File(session, home, name, cancel));
            }
            from = next;
        }
        return new UserFilePage(files, Cursor: null);
    }

    static async ValueTask<(string Name, long Position)?> Newest(
        SqlSession session,
        PastHome home,
        string sha1,
        CancellationToken cancel
    )
    {
        var asked = new Statement(
            SelectNewest,
            home.User,
            sha1,
            home.AsOf.Value,
            home.Bucket,
            Convert.FromHexString(sha1)
        );
        var found = await session.All(asked, row => (row.ReadUtf8(0), row.GetInt64(1)), cancel);
        return found.Count > 0 ? found[0] : null;
    }

    static async ValueTask<UserFileRow> File(SqlSession session, PastHome home, PastName name, CancellationToken cancel)
    {
        var (user, asOf) = (home.User, home.AsOf.Value);
        var asked = new Statement(SelectTimes, home.Bucket, Convert.FromHexString(name.Sha1), asOf, user, name.Sha1);
        var times = await session.All(
            asked,
            row => (First: row.ReadDateTime(0), Left: row.IsDBNull(1) ? default : row.ReadTicks(1)),
            cancel
        );
        var (first, left) = times.Count > 0 ? times[0] : (name.At, default);
        return new(user, name.Sha1, name.Size, name.Key, first, left > name.At ? left : name.At);
    }
}
