using Microsoft.AspNetCore.StaticFiles;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.EventStores;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary>A user's files: objects in the home bucket, found by SHA-1 or name.</summary>
static class StoredFiles
{
    /// <summary>How far back a name's past is searched.</summary>
    const long EventsMax = 1000;

    static readonly FileExtensionContentTypeProvider ContentTypes = new();

    /// <summary>By hash: the newest name of it. By name: that one, which must have the hash if one is given.</summary>
    /// <exception cref="RejectedException">NoSuchFile.</exception>
    public static async Task<ObjectRow> Find(RestRequest request, string? sha1, string? name, CancellationToken cancel)
    {
        var reads = request.Varve.Reads;
        name ??= (await reads.FindUserFile(request.User.UserName, sha1!, cancel))?.FileName ?? throw NoSuchFile(sha1!);
        var row = await reads.FindObject(request.User.Home.Text, name, cancel);
        return row is not null && (sha1 is null || row.Sha1 == sha1) ? row : throw NoSuchFile(sha1 ?? name);
    }

    /// <summary>The file that a request asks about by <c>filehash [filename asof]</c>.</summary>
    /// <exception cref="RejectedException">NoSuchFile.</exception>
    public static async Task<ObjectRow> FindAsked(RestRequest request, CancellationToken cancel)
    {
        var (sha1, name) = (request.GetSha1("filehash"), request.Find("filename"));
        return await Past.AsOf(request, cancel) is { } asOf
            ? await Past.Find(request, asOf, sha1, name, cancel)
            : await Find(request, sha1, name, cancel);
    }

    public static RejectedException NoSuchFile(string which) => new(ErrorCode.NoSuchFile, which);

    /// <summary>Makes staged bytes the content of a file, by whatever command <paramref name="use"/> builds.</summary>
    /// <exception cref="RejectedException">ContentConflict: another content has this SHA-1.</exception>
    public static async Task<Outcome> Keep(
        RestRequest request,
        StagedContent staged,
        Func<ContentFacts, Command> use,
        CancellationToken cancel
    )
    {
        var sha1 = Convert.ToHexStringLower(staged.Sha1);
        var first = await request.Varve.Reads.FindFile(sha1, cancel);
        if (first is not null && first.Sha256 != Convert.ToHexStringLower(staged.Sha256))
            throw new RejectedException(ErrorCode.ContentConflict, sha1);
        return await request.Varve.Keep(staged, facts => request.Run(use(facts), cancel), cancel);
    }

    /// <summary>The content with this SHA-1 and size, if its bytes are here and were not found damaged.</summary>
    public static async ValueTask<FileRow?> FindReadable(
        RestRequest request,
        string sha1,
        long size,
        CancellationToken cancel
    )
    {
        if (await request.Varve.Reads.FindFile(sha1, cancel) is not { } file || file.Size != size)
            return null;
        var content = await request.Varve.Read(Content.Decider, new ContentHash(file.Sha256).Stream, cancel);
        return content.Holds ? file : null;
    }

    /// <summary>SHA-256 of what the caller has, or had last, under a SHA-1, which other bytes may have as well; null if
    /// there was nothing. What is encrypted is not shared: it opens with its own object's key only.</summary>
    public static async ValueTask<string?> FindHeld(RestRequest request, string sha1, CancellationToken cancel)
    {
        if (await request.Varve.Reads.LastNameOf(request.User.UserName, sha1, cancel) is not { } name)
            return null;
        var newestFirst = request.Varve.Events.ReadStream(
            request.File(name).Stream,
            Direction.Backwards,
            long.MaxValue,
            EventsMax,
            cancel
        );
        await foreach (var recorded in newestFirst)
            if (recorded.Decoded() is ObjectEvent.Put { Encryption: null } put && put.Sha1 == sha1)
                return put.Content;
        return null;
    }

    /// <summary>Gives a content that is there already another name.</summary>
    public static async Task<Outcome> PutHeld(
        RestRequest request,
        FileRow file,
        ObjectId name,
        CommandContext context,
        CancellationToken cancel
    )
    {
        var hash = new ContentHash(file.Sha256);
        var content = await request.Varve.Read(Content.Decider, hash.Stream, cancel);
        return await request.Run(
            new ObjectCommand.Put(
                context,
                name,
                new ContentFacts(hash, file.Sha1, content.Stored?.Md5, file.Size, Location: null),
                content.Stored?.Md5 ?? await ETagOf(request, file, cancel),
                new ObjectAttributes(ContentTypeOf(name.Key.Text, said: null)),
                Checksum: null,
                ObjectOrigin.Instant,
                Source: null,
                WriteCondition.None
            ),
            cancel
        );
    }

    /// <param name="said">What the client says of it; a type that says nothing is as good as none.</param>
    public static string ContentTypeOf(string name, string? said) =>
        !string.IsNullOrEmpty(said) && said != "application/octet-stream" ? said
        : ContentTypes.TryGetContentType(name, out var guessed) ? guessed
        : "application/octet-stream";

    public static FileMeta MetaOf(ObjectRow row) =>
        new(row.Sha1, row.Key, row.Size, row.Location ?? "", Wire.Time(row.LastModified));

    /// <summary>Of the object that a command left, the last where it touched two.</summary>
    public static FileMeta MetaOf(Outcome outcome, string name)
    {
        var put = outcome.States.OfType<StoredObject>().Last().Current!;
        var location = outcome.States.OfType<Content>().FirstOrDefault()?.Location;
        return new(put.Sha1, name, put.Size, location ?? "", Wire.Time(put.At));
    }

    /// <summary>A content joined from parts has no MD5: the ETag under which the user has it will do.</summary>
    static async Task<string> ETagOf(RestRequest request, FileRow file, CancellationToken cancel)
    {
        var held = await request.Varve.Reads.FindUserFile(request.User.UserName, file.Sha1, cancel);
        var row = held is null
            ? null
            : await request.Varve.Reads.FindObject(request.User.Home.Text, held.FileName, cancel);
        return row?.Content == file.Sha256 ? row.ETag : $"{file.Sha1[..32]}-1";
    }
}
