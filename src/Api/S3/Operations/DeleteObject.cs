using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>DELETE /{bucket}/{key}</c>: a key that is not there is deleted already.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html"/>
static class DeleteObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        request.RefuseVersion();
        var condition = RequestedObject.DeleteCondition(request.Headers);
        var context = varve.Context(request.Caller.UserName);
        request.Acknowledge(await varve.Run(new ObjectCommand.Delete(context, request.Object, condition), cancel));
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
