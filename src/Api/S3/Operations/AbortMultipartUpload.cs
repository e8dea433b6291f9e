using Varve.Domain.Uploads;

namespace Varve.Api.S3.Operations;

/// <summary><c>DELETE /{bucket}/{key}?uploadId</c>. What is completed stays: then there is no such upload any more.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html"/>
static class AbortMultipartUpload
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        await ObjectUpload.FindOpen(request, varve, cancel);
        var uploadId = request.Query["uploadId"]!;
        var context = varve.Context(request.Caller.UserName);
        request.Acknowledge(await varve.Run(new UploadCommand.Cancel(context, uploadId), cancel));
        varve.Tier.Forget(uploadId);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
