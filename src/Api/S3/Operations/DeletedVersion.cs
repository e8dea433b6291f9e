using Varve.Api.S3.Permissions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary>What a delete did.</summary>
/// <param name="VersionId">Of what was deleted for good, or of the delete marker that was made; null for neither.
/// </param>
/// <param name="IsMarker">Whether that is a delete marker.</param>
readonly record struct DeletedVersion(Outcome Outcome, string? VersionId, bool IsMarker)
{
    /// <summary>Deletes an object, or one version of it for good.</summary>
    /// <param name="versionId">Null for the object.</param>
    /// <exception cref="RejectedException">As the commands refuse.</exception>
    public static async Task<DeletedVersion> Of(
        S3Request request,
        ObjectId id,
        string? versionId,
        WriteCondition condition,
        Backend varve,
        CancellationToken cancel
    )
    {
        var context = varve.Context(request.Caller.UserName);
        // Without versioning the one version is the object.
        if (versionId is null || request.Place!.Bucket.Versioning is null && versionId == ObjectVersions.Null)
        {
            var outcome = await varve.Run(new ObjectCommand.Delete(context, id, condition), cancel);
            return outcome.Position is not null && outcome.State<Bucket>().Versioning is { } versioning
                ? new(outcome, MarkerId(versioning, context, id), IsMarker: true)
                : new(outcome, versionId, IsMarker: false);
        }
        var resource = new Resource(request.Place!, id.Key.Text) { VersionId = versionId };
        var bypass = RequestedLock.Bypasses(request, resource, varve);
        var command = new ObjectCommand.DeleteVersion(context, id, versionId, bypass) { Condition = condition };
        var deleted = await varve.Run(command, cancel);
        return new(deleted, versionId, IsMarker: deleted.State<ObjectVersions>().Deleted is { Put: null });
    }

    static string MarkerId(BucketVersioning versioning, CommandContext context, ObjectId id) =>
        versioning == BucketVersioning.Enabled ? StoredObject.VersionIdOf(context, id) : ObjectVersions.Null;
}
