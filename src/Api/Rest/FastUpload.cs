using Varve.Domain;
using Varve.Projections;

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
        var (user, instant, reads) = (request.User.UserName, request.Instant, request.Varve.Reads);
        var context = request.Context();
        if (await request.FindEarlier(context, cancel) is not null)
            return Said(0, Done);

        if (instant.ProofRequired && !await reads.HasHeld(user, sha1, cancel))
        {
            if (!instant.TryTake(user))
                throw new RejectedException(ErrorCode.TooManyRequests);
            if (request.Find("nonce") is not { } nonce || request.Find("proof") is not { } proof)
                return Answer.Enveloped(
                    200,
                    1,
                    "Prove that you hold the bytes.",
                    instant.Ask(user, sha1, size),
                    RestJson.Readable.EnvelopeProofChallenge
                );
            var asked = await Find(request, sha1, size, cancel);
            if (!await instant.Verify(user, sha1, size, nonce, proof, asked, request.Varve.Tier, cancel))
                return Said(-1, No);
        }

        if (await Find(request, sha1, size, cancel) is not { } file)
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

    /// <summary>What is here under this hash, if it has the size as well.</summary>
    static async ValueTask<FileRow?> Find(RestRequest request, string sha1, long size, CancellationToken cancel) =>
        await request.Varve.Reads.FindFile(sha1, cancel) is { } file && file.Size == size ? file : null;

    /// <summary>All are verdicts on a request that was in order, hence 200.</summary>
    static IResult Said(int code, string msg) =>
        Answer.Enveloped(200, code, msg, null, RestJson.Readable.EnvelopeString);
}
