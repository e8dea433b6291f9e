namespace Varve.Api.S3.Operations;

/// <summary><c>DELETE /{bucket}/{key}</c>: a key that is not there is deleted already. With <c>versionId</c> that
/// version is deleted for good.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html"/>
static class DeleteObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var condition = RequestedObject.DeleteCondition(request.Headers);
        var deleted = await DeletedVersion.Of(request, request.Object, request.VersionId(), condition, varve, cancel);
        request.Acknowledge(deleted.Outcome);
        if (deleted.IsMarker)
            VersionedObject.TellMarker(request.Response.Headers, deleted.VersionId!);
        else if (deleted.VersionId is { } versionId && request.Place!.Bucket.Versioning is not null)
            request.Response.Headers[S3Headers.VersionId] = versionId;
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
