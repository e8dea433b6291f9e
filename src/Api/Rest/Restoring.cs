using System.Globalization;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.EventStores;
using Varve.Projections;

namespace Varve.Api.Rest;

/// <summary><c>POST /file/restore</c>: undeletes a file, or makes an older version of it current. What was current
/// stays in the history.</summary>
static class Restoring
{
    public static async Task<IResult> Handle(RestRequest request, CancellationToken cancel)
    {
        var (sha1, name) = (request.FindSha1("filehash"), request.Find("filename"));
        if (sha1 is null && name is null)
            throw RestRequest.Wrong("filehash", "or filename: one is needed.");
        var context = request.Context();
        ObjectCommand.Restore command;
        if (await request.FindEarlier<ObjectCommand.Restore>(context, cancel) is { } earlier)
            command = await Again(request, context, earlier, sha1, name, cancel);
        else
            await CheckBytes(
                request,
                command = CommandOf(request, context, await Find(request, sha1, name, cancel)),
                cancel
            );
        var outcome = await request.Run(command, cancel);
        var key = command.Object.Key.Text;
        var meta = outcome.Position is null
            ? StoredFiles.MetaOf(await StoredFiles.Find(request, command.Content.Sha1, key, cancel))
            : StoredFiles.MetaOf(outcome, key);
        return Answer.Json(meta, RestJson.Readable.FileMeta, 200);
    }

    static ObjectCommand.Restore CommandOf(RestRequest request, CommandContext context, ObjectRow row) =>
        new(
            context,
            request.File(row.Key),
            row.VersionId,
            new ContentFacts(new ContentHash(row.Content), row.Sha1, Md5: null, row.Size, Location: null),
            row.ETag,
            row.Attributes,
            row.Checksum,
            row.Upload,
            row.Encryption
        )
        {
            Tags = row.Tags,
        };

    /// <summary>The version to restore. Never one from before the home bucket was the user's.</summary>
    static async Task<ObjectRow> Find(RestRequest request, string? sha1, string? name, CancellationToken cancel)
    {
        var (reads, home) = (request.Varve.Reads, request.User.Home.Text);
        var since = await reads.HeldSince(home, request.User.UserName, cancel);
        var version = request.Find("version");
        if (name is null && version is null)
            return await OfContent(request, sha1!, since, cancel) ?? throw StoredFiles.NoSuchFile(sha1!);
        name ??= (await OfContent(request, sha1!, since, cancel))?.Key ?? throw StoredFiles.NoSuchFile(sha1!);
        if (version is null)
            return await reads.FindNewestVersion(home, name, sha1, since, cancel)
                ?? throw StoredFiles.NoSuchFile(sha1 ?? name);
        var row = await OfVersion(request, name, version, since, cancel);
        return row is not null && (sha1 is null || row.Sha1 == sha1)
            ? row
            : throw new RejectedException(ErrorCode.NoSuchVersion, version);
    }

    /// <summary>Where the user has the content now, that; else its last version, under whatever name.</summary>
    static async ValueTask<ObjectRow?> OfContent(
        RestRequest request,
        string sha1,
        Position since,
        CancellationToken cancel
    )
    {
        var (reads, home) = (request.Varve.Reads, request.User.Home.Text);
        var held = await reads.FindUserFile(request.User.UserName, sha1, cancel);
        var row = held is null ? null : await reads.FindObject(home, held.FileName, cancel);
        return row?.Sha1 == sha1 ? row : await reads.FindPastVersionOf(home, sha1, since, cancel);
    }

    /// <param name="version">Its id, the position of its event, or that event's revision, as the history has them.
    /// </param>
    static async ValueTask<ObjectRow?> OfVersion(
        RestRequest request,
        string name,
        string version,
        Position since,
        CancellationToken cancel
    )
    {
        var (reads, home) = (request.Varve.Reads, request.User.Home.Text);
        if (version.Length == 32 && version.All(char.IsAsciiHexDigit))
            return await reads.FindVersion(home, name, version, since, cancel);
        var byPosition = version[0] is 'p' or 'P';
        var digits = byPosition ? version.AsSpan(1) : version;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw RestRequest.Wrong("version", "a version's id, its revision in the history, or p and its position.");
        var position = byPosition ? new Position(number) : await PositionOf(request, name, number, cancel);
        return position is { } at && at > since ? await reads.FindVersionMadeAt(home, name, at, cancel) : null;
    }

    static async ValueTask<Position?> PositionOf(
        RestRequest request,
        string name,
        long revision,
        CancellationToken cancel
    )
    {
        var stream = request.File(name).Stream;
        var found = request.Varve.Events.ReadStream(stream, Direction.Forwards, revision, 1, cancel);
        await foreach (var recorded in found)
            return recorded.Position;
        return null;
    }

    /// <summary>What was done already under the client's key, if it is what is asked for again.</summary>
    static async Task<ObjectCommand.Restore> Again(
        RestRequest request,
        CommandContext context,
        CommandHandled earlier,
        string? sha1,
        string? name,
        CancellationToken cancel
    )
    {
        var first = FileEndpoints.NameIn(request, earlier.About);
        var put = await request.LeftBy<ObjectEvent.Put>(earlier, earlier.About, back: 0, cancel);
        if (put is null || (sha1 ?? put.Sha1) != put.Sha1 || (name ?? first) != first)
            throw RestRequest.KeyReused();
        return new(
            context,
            request.File(first),
            put.Source ?? put.VersionId,
            new ContentFacts(new ContentHash(put.Content), put.Sha1, Md5: null, put.Size, Location: null),
            put.ETag,
            put.Attributes,
            put.Checksum,
            put.Upload,
            put.Encryption
        )
        {
            Tags = put.Tags,
        };
    }

    /// <exception cref="RejectedException">ContentPurged.</exception>
    static async ValueTask CheckBytes(RestRequest request, ObjectCommand.Restore command, CancellationToken cancel)
    {
        var content = await request.Varve.Read(Content.Decider, command.Content.Hash.Stream, cancel);
        if (content.Stored is null)
            throw new RejectedException(ErrorCode.ContentPurged);
    }
}
