using Varve.Domain;
using Varve.Domain.Objects;

namespace Varve.Api.Rest;

/// <summary>What can be asked of files, and done to their names.</summary>
static class FileEndpoints
{
    public const int PageMax = 1000;
    const string CursorHeader = "x-varve-cursor";

    public static async Task<IResult> Meta(RestRequest request, CancellationToken cancel)
    {
        var row = await StoredFiles.FindAsked(request, cancel);
        return Answer.Json(StoredFiles.MetaOf(row), RestJson.Readable.FileMeta, 200);
    }

    public static async Task<IResult> Query(RestRequest request, CancellationToken cancel)
    {
        var limit = request.Find("limit") is null ? 100 : (int)request.GetNumber("limit", 1, PageMax);
        var page = await Past.AsOf(request, cancel) is { } asOf
            ? await Past.List(request, asOf, limit, cancel)
            : await request.Varve.Reads.ListUserFiles(
                request.User.UserName,
                request.Find("prefix") ?? "",
                request.Find("cursor"),
                limit,
                cancel
            );
        if (page.Cursor is not null) // the contract's answer is a bare array
            request.Http.Response.Headers[CursorHeader] = page.Cursor;
        IReadOnlyList<UserFile> files =
        [
            .. page.Files.Select(row => new UserFile(
                row.UserName,
                row.Sha1,
                row.FileName,
                row.Size,
                Wire.Time(row.UploadAt),
                Wire.Time(row.LastUpdate)
            )),
        ];
        return Answer.Json(files, RestJson.Readable.IReadOnlyListUserFile, 200);
    }

    public static async Task<IResult> Update(RestRequest request, CancellationToken cancel)
    {
        if (request.Get("op") != "0")
            throw new RejectedException(ErrorCode.AccessDenied, "op: only 0, rename, is allowed.");
        var sha1 = request.GetSha1("filehash");
        var to = request.File(request.Get("filename"));
        var context = request.Context();
        var from = await request.FindEarlier<ObjectCommand.Rename>(context, cancel) is { } earlier
            ? await FirstName(request, earlier, to, sha1, cancel)
            : (await StoredFiles.Find(request, sha1, request.Find("oldname"), cancel)).Key;
        try
        {
            var outcome = await request.Run(new ObjectCommand.Rename(context, request.File(from), to, sha1), cancel);
            var meta = outcome.Position is null
                ? StoredFiles.MetaOf(await StoredFiles.Find(request, sha1, to.Key.Text, cancel))
                : StoredFiles.MetaOf(outcome, to.Key.Text);
            return Answer.Json(meta, RestJson.Readable.FileMeta, 200);
        }
        catch (RejectedException no) when (no.Rejection.Code == ErrorCode.NoSuchKey)
        {
            throw StoredFiles.NoSuchFile(sha1);
        }
    }

    public static async Task<IResult> Delete(RestRequest request, CancellationToken cancel)
    {
        var sha1 = request.GetSha1("filehash");
        var name = request.Find("filename");
        if (await request.FindEarlier<ObjectCommand.Delete>(request.Context(), cancel) is { } earlier)
        {
            var stream = name is null ? earlier.About : request.File(name).Stream;
            var before = await request.LeftBy<ObjectEvent>(earlier, stream, back: 1, cancel);
            return before is not null && StoredObject.LeftBy(before)?.Sha1 == sha1
                ? Answer.Ok()
                : throw RestRequest.KeyReused();
        }
        IReadOnlyList<string> names = name is null
            ? await request.Varve.Reads.NamesOf(request.User.UserName, sha1, cancel)
            : [name];
        if (names.Count == 0)
            throw StoredFiles.NoSuchFile(sha1);
        for (var index = 0; index < names.Count; index++)
        {
            // The last one carries the client's own id: when that is done, all are.
            var context = request.Context(index == names.Count - 1 ? "" : names[index]);
            await DeleteOne(request, context, sha1, names[index], strictly: name is not null, cancel);
        }
        return Answer.Ok();
    }

    /// <summary>Of the user's own names, the one that a stream <c>object-bucket/key</c> holds.</summary>
    public static string NameIn(RestRequest request, string stream)
    {
        var prefix = $"object-{request.User.Home}/";
        return stream.StartsWith(prefix, StringComparison.Ordinal)
            ? stream[prefix.Length..]
            : throw RestRequest.KeyReused();
    }

    /// <summary>What a file was called before a rename that was done already, if it is the rename asked for.</summary>
    static async ValueTask<string> FirstName(
        RestRequest request,
        CommandHandled earlier,
        ObjectId to,
        string sha1,
        CancellationToken cancel
    )
    {
        var from = NameIn(request, earlier.About);
        var put = await request.LeftBy<ObjectEvent.Put>(earlier, to.Stream, back: 0, cancel);
        return put?.Sha1 == sha1 && (request.Find("oldname") ?? from) == from ? from : throw RestRequest.KeyReused();
    }

    /// <param name="strictly">The name itself was asked for: it must have the content.</param>
    static async Task DeleteOne(
        RestRequest request,
        CommandContext context,
        string sha1,
        string name,
        bool strictly,
        CancellationToken cancel
    )
    {
        var row = await request.Varve.Reads.FindObject(request.User.Home.Text, name, cancel);
        if (row?.Sha1 != sha1)
        {
            if (strictly)
                throw StoredFiles.NoSuchFile(sha1);
            return;
        }
        try
        {
            // Another content that took the name meanwhile is not what was asked to go.
            var condition = new WriteCondition(row.ETag, IfNoneMatch: null);
            await request.Run(new ObjectCommand.Delete(context, request.File(name), condition), cancel);
        }
        catch (RejectedException no)
            when (!strictly && no.Rejection.Code is ErrorCode.PreconditionFailed or ErrorCode.NoSuchKey)
        {
            // Gone already.
        }
    }
}
