using System.Collections.Immutable;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}/{key}?tagging</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html"/>
static class GetObjectTagging
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var row = await VersionedObject.Find(request, varve, cancel);
        TagSet.WriteDocument(request.Xml(), row.Tags);
    }
}

/// <summary><c>PUT /{bucket}/{key}?tagging</c>: all tags of a version, in the place of those that it had.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html"/>
static class PutObjectTagging
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var tags = TagSet.Read(await request.ReadDocument(S3Documents.BytesMax, cancel));
        await RequestAccess.Authorize(request, Resource.Of(request) with { NewTags = tags }, varve, cancel);
        await Amendments.Run(
            request,
            (context, id, version) => new ObjectCommand.Tag(context, id, version, tags),
            varve,
            cancel
        );
    }
}

/// <summary><c>DELETE /{bucket}/{key}?tagging</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html"/>
static class DeleteObjectTagging
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        await Amendments.Run(
            request,
            (context, id, version) =>
                new ObjectCommand.Tag(context, id, version, ImmutableSortedDictionary<string, string>.Empty),
            varve,
            cancel
        );
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
