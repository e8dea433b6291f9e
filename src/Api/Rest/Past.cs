using Varve.Domain;
using Varve.EventStores;
using Varve.Projections;

namespace Varve.Api.Rest;

/// <summary>What a user had as of an instant: the files of the home bucket, where it was the user's then.</summary>
static class Past
{
    /// <summary>Null where the request is about the present.</summary>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static async ValueTask<Position?> AsOf(RestRequest request, CancellationToken cancel)
    {
        if (request.Find("asof") is not { } text)
            return null;
        var instant = Instant.TryParse(text) ?? throw RestRequest.Wrong("asof", Instant.Formats);
        return await instant.Resolve(request.Varve.Reads, cancel);
    }

    /// <summary>By hash: the newest name that it had. By name: that one, which must have had the hash.</summary>
    /// <exception cref="RejectedException">NoSuchFile.</exception>
    public static async ValueTask<ObjectRow> Find(
        RestRequest request,
        Position asOf,
        string sha1,
        string? name,
        CancellationToken cancel
    )
    {
        var (reads, home) = (request.Varve.Reads, HomeOf(request, asOf));
        if (!await WasHome(request, asOf, cancel))
            throw StoredFiles.NoSuchFile(sha1);
        name ??= await reads.NewestNameAsOf(home, sha1, cancel) ?? throw StoredFiles.NoSuchFile(sha1);
        var row = await reads.FindObjectAsOf(home.Bucket, name, asOf, cancel);
        return row?.Sha1 == sha1 ? row : throw StoredFiles.NoSuchFile(sha1);
    }

    public static async ValueTask<UserFilePage> List(
        RestRequest request,
        Position asOf,
        int limit,
        CancellationToken cancel
    ) =>
        await WasHome(request, asOf, cancel)
            ? await request.Varve.Reads.ListUserFilesAsOf(
                HomeOf(request, asOf),
                request.Find("prefix") ?? "",
                request.Find("cursor"),
                limit,
                cancel
            )
            : new UserFilePage([], Cursor: null);

    static PastHome HomeOf(RestRequest request, Position asOf) =>
        new(request.User.UserName, request.User.Home.Text, asOf);

    static async ValueTask<bool> WasHome(RestRequest request, Position asOf, CancellationToken cancel) =>
        (await request.Varve.Reads.FindBucketAsOf(request.User.Home.Text, asOf, cancel))?.Owner
        == request.User.UserName;
}
