using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary>
/// <c>DELETE /{bucket}</c>. Emptiness is known to a read model only: so the deletion is first requested, and finished
/// once the read model has passed the request. A write that comes in between calls the deletion off.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html"/>
static class DeleteBucket
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var name = BucketName.Parse(request.Bucket);
        await varve.CatchUp(FreshReads.ObjectModels, cancel);
        if (!await varve.Reads.IsEmpty(name.Text, cancel))
            throw new RejectedException(ErrorCode.BucketNotEmpty);

        var context = varve.Context(request.Caller.UserName);
        var requested = await varve.Run(new BucketCommand.RequestDeletion(context, name), cancel);
        var deletion = requested.State<Bucket>().Deletion;
        // The request may be an older one, of a process that then stopped: hence the head, and not its position.
        await varve.CatchUp(await varve.Events.Head(cancel), cancel);
        var empty = await varve.Reads.IsEmpty(name.Text, cancel);

        context = varve.Context(request.Caller.UserName);
        var outcome = await varve.Run(new BucketCommand.FinishDeletion(context, name, deletion, empty), cancel);
        if (!empty)
            throw new RejectedException(ErrorCode.BucketNotEmpty);
        request.Acknowledge(outcome);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
