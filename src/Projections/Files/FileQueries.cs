using System.Buffers.Text;
using System.Data.Common;
using System.Text;
using Varve.Domain;
using Varve.Projections.Databases;

namespace Varve.Projections.Files;

static class FileQueries
{
    const string SelectFile = """
        SELECT file_hash, sha256, file_name, file_size, file_addr, create_at, update_at FROM tbl_file
        WHERE file_hash = @sha1 AND status = 1
        """;

    const string SelectUserFile = """
        SELECT user_name, file_hash, file_size, file_name, upload_at, last_update FROM tbl_user_file
        """;

    const string SelectOne = $"{SelectUserFile} WHERE user_name = @user AND file_hash = @sha1 AND status = 0";

    const string SelectFrom = $"""
        {SelectUserFile} WHERE user_name = @user AND status = 0 AND name_bytes >= @from
        ORDER BY name_bytes LIMIT @limit
        """;

    const string SelectNames = """
        SELECT file_name FROM tbl_user_file_name WHERE user_name = @user AND file_hash = @sha1 ORDER BY file_name
        """;

    const string SelectHeld = "SELECT file_name FROM tbl_user_file WHERE user_name = @user AND file_hash = @sha1";

    public static ValueTask<FileRow?> Find(SqlSession session, string sha1, CancellationToken cancel) =>
        session.First(
            new(SelectFile, sha1) { FileHash = sha1 },
            row => new FileRow(
                Sha1: row.GetString(0),
                Sha256: row.ReadHex(1),
                FileName: row.GetString(2),
                Size: row.GetInt64(3),
                Location: row.GetString(4),
                CreatedAt: row.ReadDateTime(5),
                UpdatedAt: row.ReadDateTime(6)
            ),
            cancel
        );

    public static ValueTask<UserFileRow?> FindOfUser(
        SqlSession session,
        string user,
        string sha1,
        CancellationToken cancel
    ) => session.First(new(SelectOne, user, sha1), UserFile, cancel);

    public static ValueTask<List<string>> NamesOf(
        SqlSession session,
        string user,
        string sha1,
        CancellationToken cancel
    ) => session.All(new(SelectNames, user, sha1), row => row.ReadUtf8(0), cancel);

    public static ValueTask<string?> LastNameOf(
        SqlSession session,
        string user,
        string sha1,
        CancellationToken cancel
    ) => session.First(new(SelectHeld, user, sha1), row => row.GetString(0), cancel);

    /// <summary>A name points at one content, so that no two rows that are shown have the same.</summary>
    public static async ValueTask<UserFilePage> List(
        SqlSession session,
        string user,
        string prefix,
        string? cursor,
        int limit,
        CancellationToken cancel
    )
    {
        var from = cursor is null ? prefix : Decoded(cursor);
        var files = await session.All(new(SelectFrom, user, Columns.Utf8(from), limit + 1), UserFile, cancel);
        var shown = files.FindIndex(file => !file.FileName.StartsWith(prefix, StringComparison.Ordinal));
        if (shown < 0)
            shown = files.Count;
        return shown <= limit
            ? new UserFilePage(files[..shown], Cursor: null)
            : new UserFilePage(files[..limit], Encoded(files[limit].FileName));
    }

    internal static string Encoded(string next) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(next));

    internal static string Decoded(string cursor) =>
        Base64Url.IsValid(cursor)
            ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor))
            : throw new RejectedException(ErrorCode.InvalidArgument, "cursor");

    static UserFileRow UserFile(DbDataReader row) =>
        new(
            UserName: row.GetString(0),
            Sha1: row.GetString(1),
            Size: row.GetInt64(2),
            FileName: row.GetString(3),
            UploadAt: row.ReadDateTime(4),
            LastUpdate: row.ReadDateTime(5)
        );
}
