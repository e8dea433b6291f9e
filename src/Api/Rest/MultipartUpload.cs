using System.Collections.Immutable;
using System.Security.Cryptography;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary><c>/file/mpupload/…</c>: a file in chunks, in any order, at the same time, over several days.</summary>
static class MultipartUpload
{
    public static async Task<IResult> Init(RestRequest request, CancellationToken cancel)
    {
        var sha1 = request.GetSha1("filehash");
        var size = request.GetNumber("filesize", 0, PutValidator.SizeMax);
        var name = request.Find("filename");
        if (name is not null)
            ObjectKey.Parse(name);
        var plan = UploadPlan.For(sha1, size);

        if (await IsHeld(request, sha1, size, name, cancel))
            return Begun(plan, uploadId: null, chunks: [], instant: true);
        if (await FindOpen(request, plan, cancel) is { } open)
            return Begun(open.Upload.Initiated!.Plan!, open.Id, [.. open.Upload.Parts.Keys], instant: false);

        var context = request.Context();
        var id = NameBasedId.Of(context.Id, "upload").ToString("N");
        var type = name is null ? null : StoredFiles.ContentTypeOf(name, said: null);
        var outcome = await request.Run(
            new UploadCommand.Init(
                context,
                id,
                request.File(name ?? sha1),
                new ObjectAttributes(type),
                ChecksumAlgorithm: null,
                ChecksumType: null,
                plan
            ),
            cancel
        );
        var begun = outcome.State<Upload>();
        return begun.Initiated!.Plan == plan
            ? Begun(plan, id, [.. begun.Parts.Keys], instant: false)
            : throw RestRequest.KeyReused();
    }

    public static async Task<IResult> UploadPart(RestRequest request, CancellationToken cancel)
    {
        var (id, upload, plan) = await Find(request, cancel);
        if (upload.Status != UploadStatus.Open)
            throw NoSuchUpload(id);
        if (plan.ChunkCount == 0)
            throw RestRequest.Wrong("index", "a file of 0 bytes has no chunks: complete the upload.");
        var index = (int)request.GetNumber("index", 1, plan.ChunkCount);
        var http = request.Http.Request;
        if (http.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
            throw new RejectedException(ErrorCode.UnsupportedMediaType, "The body is the chunk itself, not a form.");
        var size = plan.SizeOf(index);
        if (http.ContentLength is { } length && length != size)
            throw WrongSize(index, size, length);

        using var body = new StreamBody(http.Body, http.ContentLength);
        await using var staged = await request.Varve.Tier.Stage(body, new StageOptions(Checksum: null, size), cancel);
        if (staged.Size != size)
            throw WrongSize(index, size, staged.Size);
        CheckChunkHash(request, staged);

        var etag = Convert.ToHexStringLower(staged.Md5!);
        if (upload.Parts.TryGetValue(index, out var there) && (there.Size, there.ETag) == (size, etag))
        {
            request.Tell(new Outcome(Rejection: null, Position: null, [])); // the same chunk again
            return Answer.Ok();
        }
        var context = request.Context($"chunk {index}");
        var outcome = request.Tell(
            await request.Varve.AddPart(
                id,
                index,
                staged,
                location => new(context, id, index, size, etag, Checksum: null, location),
                cancel
            )
        );
        return outcome.State<Upload>().Parts[index].ETag == etag ? Answer.Ok() : throw RestRequest.KeyReused();
    }

    public static async Task<IResult> Complete(RestRequest request, CancellationToken cancel)
    {
        var (id, upload, plan) = await Find(request, cancel);
        // Named after the upload, so that the same answer comes however often it is asked for.
        var context = request.Varve.Context(request.User.UserName, $"complete {id}");
        if (upload.Status == UploadStatus.Completed)
            return await FirstAnswer(request, context, upload, cancel);
        if (upload.Status != UploadStatus.Open)
            throw NoSuchUpload(id);

        var sha1 = request.GetSha1("filehash");
        var size = request.GetNumber("filesize", 0, PutValidator.SizeMax);
        var name = request.Find("filename") ?? upload.Initiated!.Key;
        if (upload.Parts.Count != plan.ChunkCount)
            throw new RejectedException(ErrorCode.PartsMissing);
        if (size != plan.FileSize)
            throw RestRequest.Wrong("filesize", $"the upload was begun for {plan.FileSize} bytes.");

        ImmutableArray<UploadEvent.PartUploaded> parts = [.. upload.Parts.Values];
        await using var joined = await Join(request, id, parts, cancel);
        var whole = Convert.ToHexStringLower(joined.Sha1);
        if (whole != sha1 || whole != plan.FileHash)
            throw new RejectedException(ErrorCode.HashMismatch, $"It is {whole}.");
        var outcome = await StoredFiles.Keep(
            request,
            joined,
            facts => new UploadCommand.Complete(
                context,
                id,
                request.File(name),
                parts,
                facts,
                Upload.ETagOf(parts),
                Checksum: null,
                WriteCondition.None
            ),
            cancel
        );
        request.Varve.Tier.Forget(id);
        if (outcome.Position is null || outcome.States is not [_, _, ..])
            return await FirstAnswer(request, context, outcome.State<Upload>(), cancel); // another request was faster
        return Answer.Ok(StoredFiles.MetaOf(outcome, name), RestJson.Readable.EnvelopeFileMeta);
    }

    public static async Task<IResult> Cancel(RestRequest request, CancellationToken cancel)
    {
        var (id, _, _) = await Find(request, cancel);
        await request.Run(new UploadCommand.Cancel(request.Context(), id), cancel);
        request.Varve.Tier.Forget(id);
        return Answer.Ok();
    }

    public static async Task<IResult> Status(RestRequest request, CancellationToken cancel)
    {
        var (id, upload, plan) = await Find(request, cancel);
        await request.Varve.Barrier.PassOwnWrites(cancel); // the progress view is fed with the read models
        var progress = upload.Status == UploadStatus.Open ? await request.Varve.Progress.Find(id, cancel) : null;
        var state = new UploadState(
            id,
            plan.FileHash,
            plan.FileSize,
            plan.ChunkSize,
            plan.ChunkCount,
            progress?.Received ?? [.. upload.Parts.Keys],
            upload.Status.ToString()
        );
        return Answer.Ok(state, RestJson.Readable.EnvelopeUploadState);
    }

    /// <summary>The caller's own upload; others' are not there, as far as it can tell.</summary>
    static async Task<(string Id, Upload Upload, UploadPlan Plan)> Find(RestRequest request, CancellationToken cancel)
    {
        var id = request.Get("uploadid");
        if (id.Length != 32 || !id.All(char.IsAsciiHexDigitLower))
            throw NoSuchUpload(id);
        var upload = await request.Varve.FindUpload(id, cancel);
        return upload.Initiated is { Plan: { } plan } begun && begun.Initiator == request.User.UserName
            ? (id, upload, plan)
            : throw NoSuchUpload(id);
    }

    static async Task<(string Id, Upload Upload)?> FindOpen(
        RestRequest request,
        UploadPlan plan,
        CancellationToken cancel
    )
    {
        var id = await request.Varve.Reads.FindOpenUpload(request.User.UserName, plan.FileHash, cancel);
        if (id is null)
            return null;
        var upload = await request.Varve.FindUpload(id, cancel);
        return upload.Status == UploadStatus.Open && upload.Initiated?.Plan?.FileSize == plan.FileSize
            ? (id, upload)
            : null;
    }

    /// <summary>Whether the caller has this content now; then it gets the name as well.</summary>
    static async Task<bool> IsHeld(RestRequest request, string sha1, long size, string? name, CancellationToken cancel)
    {
        var (reads, user, home) = (request.Varve.Reads, request.User.UserName, request.User.Home.Text);
        if (await reads.FindUserFile(user, sha1, cancel) is not { } held || held.Size != size)
            return false;
        if (await StoredFiles.FindReadable(request, sha1, size, cancel) is not { } file)
            return false;
        if ((await reads.FindObject(home, held.FileName, cancel))?.Content != file.Sha256)
            return false; // other bytes with the same SHA-1
        if (name is not null && (await reads.FindObject(home, name, cancel))?.Content != file.Sha256)
            await StoredFiles.PutHeld(request, file, request.File(name), request.Context(), cancel);
        return true;
    }

    static async ValueTask<StagedContent> Join(
        RestRequest request,
        string id,
        ImmutableArray<UploadEvent.PartUploaded> parts,
        CancellationToken cancel
    )
    {
        var tier = request.Varve.Tier;
        if (!parts.IsEmpty)
            return await tier.Join(id, [.. parts.Select(part => new Segment(part.Location, part.Size))], cancel);
        using var nothing = new StreamBody(Stream.Null, announced: 0);
        return await tier.Stage(nothing, new StageOptions(Checksum: null, SizeMax: 0), cancel);
    }

    static async Task<IResult> FirstAnswer(
        RestRequest request,
        CommandContext context,
        Upload upload,
        CancellationToken cancel
    )
    {
        var done = upload.Completed!;
        var earlier = await request.FindEarlier<UploadCommand.Complete>(context, cancel);
        var stream = earlier?.States.FirstOrDefault(place => place.Stream.StartsWith("object-"))?.Stream;
        var name = stream is null ? upload.Initiated!.Key : FileEndpoints.NameIn(request, stream);
        var file = await request.Varve.Reads.FindFile(done.Sha1, cancel);
        return Answer.Ok(
            new FileMeta(done.Sha1, name, done.Size, file?.Location ?? "", Wire.Time(done.At)),
            RestJson.Readable.EnvelopeFileMeta
        );
    }

    static void CheckChunkHash(RestRequest request, StagedContent staged)
    {
        if (request.Find("chunkhash") is not { } said)
            return;
        var hash = said.Length switch
        {
            2 * SHA1.HashSizeInBytes => staged.Sha1,
            2 * SHA256.HashSizeInBytes => staged.Sha256,
            2 * MD5.HashSizeInBytes => staged.Md5!,
            _ => throw RestRequest.Wrong("chunkhash", "the chunk's SHA-1, SHA-256 or MD5, in hex digits."),
        };
        if (!said.Equals(Convert.ToHexStringLower(hash), StringComparison.OrdinalIgnoreCase))
            throw new RejectedException(ErrorCode.BadDigest, "chunkhash");
    }

    static IResult Begun(UploadPlan plan, string? uploadId, IReadOnlyList<int> chunks, bool instant) =>
        Answer.Ok(
            new UploadBegun(plan.FileHash, plan.FileSize, uploadId, plan.ChunkSize, plan.ChunkCount, chunks, instant),
            RestJson.Readable.EnvelopeUploadBegun
        );

    static RejectedException NoSuchUpload(string id) => new(ErrorCode.NoSuchUpload, id.Length > 64 ? id[..64] : id);

    static RejectedException WrongSize(int index, long size, long length) =>
        length > size
            ? new(ErrorCode.EntityTooLarge, $"Chunk {index} has {size} bytes, not {length}.")
            : RestRequest.Wrong("index", $"chunk {index} has {size} bytes, not {length}.");
}
