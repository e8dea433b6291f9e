namespace Varve.Api.Rest;

/// <summary><c>GET /file/history</c>: every event of a file, oldest first.</summary>
static class History
{
    const string CursorHeader = "x-varve-cursor";

    public static async Task<IResult> Handle(RestRequest request, CancellationToken cancel)
    {
        var limit = request.Find("limit") is null
            ? FileEndpoints.PageMax
            : (int)request.GetNumber("limit", 1, FileEndpoints.PageMax);
        var after = request.Find("cursor") is null ? -1 : request.GetNumber("cursor", 0, long.MaxValue);
        // What came before the home bucket was the user's is somebody else's.
        var since = await request.Varve.Reads.HeldSince(request.User.Home.Text, request.User.UserName, cancel);
        var history = new FileHistory(request.Varve.Events.ReadStream, request.User.Home.Text, since, after, limit);
        foreach (var name in await NamesOf(request, cancel))
            await history.Begin(name, cancel);
        await history.Read(cancel);
        if (!history.FoundAny)
            throw StoredFiles.NoSuchFile(request.Find("filename") ?? request.Get("filehash"));

        var page = history.Page.Values.Take(limit).ToList();
        if (history.Page.Count > limit)
            request.Http.Response.Headers[CursorHeader] = Wire.Number(page[^1].Position);
        return Answer.Json(page, RestJson.Readable.IReadOnlyListFileEvent, 200);
    }

    static async Task<IReadOnlyList<string>> NamesOf(RestRequest request, CancellationToken cancel)
    {
        if (request.Find("filename") is { } name)
            return [request.File(name).Key.Text];
        var sha1 = request.FindSha1("filehash") ?? throw RestRequest.Wrong("filehash", "or filename: one is needed.");
        var (reads, user) = (request.Varve.Reads, request.User.UserName);
        var names = await reads.NamesOf(user, sha1, cancel);
        if (names.Count > 0)
            return names;
        return [await reads.LastNameOf(user, sha1, cancel) ?? throw StoredFiles.NoSuchFile(sha1)];
    }
}
