using Varve.Domain;
using Varve.Domain.Objects;

namespace Varve.Api.Rest;

/// <summary>
/// <c>POST /file/fastupload</c>: a file without its bytes being sent, where they are here already. To know a hash is
/// not to own the file: who never held the content proves to have its bytes, and learns nothing before that.
/// </summary>
static class FastUpload
{
    const string Done = "秒传成功";
    const string No = "秒传失败，请访问普通上传接口";
    const string Later = "秒传失败，请稍后重试";

    public static async Task<IResult> Handle(RestRequest request, CancellationToken cancel)
    {
        var sha1 = request.GetSha1("filehash");
        var size = request.GetNumber("filesize", 0, Domain.PutValidator.SizeMax);
        var name = request.File(request.Get("filename"));
        var (user, instant) = (request.User.UserName, request.Instant);
        var context = request.Context();
        if (await request.FindEarlier<ObjectCommand.Put>(context, cancel) is { } earlier)
            return
                await request.LeftBy<ObjectEvent.Put>(earlier, name.Stream, back: 0, cancel) is { } put
                && (put.Sha1, put.Size) == (sha1, size)
                ? Said(0, Done)
                : throw RestRequest.KeyReused();

        if (instant.ProofRequired && !await IsHeld(request, sha1, size, cancel))
        {
            if (!await instant.TryTake(user))
                throw new RejectedException(ErrorCode.TooManyRequests);
            if (request.Find("nonce") is not { } nonce || request.Find("proof") is not { } proof)
                return Answer.Enveloped(
                    200,
                    1,
                    "Prove that you hold the bytes.",
                    await instant.Ask(user, sha1, size),
                    RestJson.Readable.EnvelopeProofChallenge
                );
            var asked = await StoredFiles.FindReadable(request, sha1, size, cancel);
            if (!await instant.Verify(user, sha1, size, nonce, proof, asked, request.Varve.Contents, cancel))
                return Said(-1, No);
        }

        if (await StoredFiles.FindReadable(request, sha1, size, cancel) is not { } file)
            return Said(-1, No);
        try
        {
            await StoredFiles.PutHeld(request, file, name, context, cancel);
            return Said(0, Done);
        }
        catch (RejectedException no) when (no.Rejection.Code == ErrorCode.OperationAborted)
        {
            return Said(-2, Later);
        }
    }

    /// <summary>Whether the caller has or had the content, if there is one. Looks at the caller's own files first: how
    /// long an answer takes must not tell others which contents there are.</summary>
    static async ValueTask<bool> IsHeld(RestRequest request, string sha1, long size, CancellationToken cancel) =>
        await StoredFiles.FindHeld(request, sha1, cancel) is { } held
        && (await StoredFiles.FindReadable(request, sha1, size, cancel) is not { } file || file.Sha256 == held);

    /// <summary>All are verdicts on a request that was in order, hence 200.</summary>
    static IResult Said(int code, string msg) =>
        Answer.Enveloped(200, code, msg, null, RestJson.Readable.EnvelopeString);
}
