using System.Collections.Immutable;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;

namespace Varve.Api.S3.Operations;

/// <summary>The tags that a request asks for.</summary>
static class RequestedTags
{
    /// <summary>Of an object that is made. Who may make it may tag it, unless that is denied.</summary>
    /// <returns>Null where there are none.</returns>
    /// <exception cref="Varve.Domain.RejectedException">AccessDenied, InvalidArgument, InvalidTag.</exception>
    public static ImmutableSortedDictionary<string, string>? OfNewObject(S3Request request, Backend varve)
    {
        var tags = TagSet.FromHeader(request.Headers);
        if (tags is not null)
            RequestAccess.RefuseDenied(request, S3Actions.PutObjectTagging, Resource.Of(request), varve);
        return tags;
    }
}
