using System.Collections.Immutable;
using Varve.Domain.Access;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Permissions;

/// <summary>What somebody wants to do something with: a bucket, or an object in it. Mostly what a request names; but
/// also a copy's source, or one of the keys of a bulk delete.</summary>
/// <param name="Key">Null for the bucket itself.</param>
sealed record Resource(Place Place, string? Key)
{
    /// <summary>As it was named; null for the current version.</summary>
    public string? VersionId { get; init; }

    /// <summary>Of the object that is there; null where it has none.</summary>
    public Acl? Acl { get; init; }

    /// <summary>Of the object that is there; null for none.</summary>
    public ImmutableSortedDictionary<string, string>? Tags { get; init; }

    /// <summary>That the request gives the object, in its body; null for none, or where they are in a header.</summary>
    public ImmutableSortedDictionary<string, string>? NewTags { get; init; }

    /// <summary>That the request gives the object, in its body; null for none, or where it is in headers.</summary>
    public ObjectLock? NewLock { get; init; }

    /// <summary>Of the bucket: the one name that is asked for, in the place of a listing's prefix.</summary>
    public string? Sought { get; init; }

    public static Resource Of(S3Request request) =>
        new(request.Place!, request.Target.Key) { VersionId = request.Query["versionId"] };
}

/// <summary>By which version somebody's right to change it was judged.</summary>
/// <param name="Resource">As it was asked for.</param>
/// <param name="VersionId">As the log had it; empty where there was none.</param>
sealed record Judgement(Resource Resource, string VersionId);
