using System.Text.RegularExpressions;
using Varve.Api.S3.Operations;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.EventStores;
using Varve.Projections;

namespace Varve.Api.S3;

/// <summary>A bucket that a caller may read: as it is, or as it was.</summary>
/// <param name="Bucket">The bucket itself, under its own name.</param>
/// <param name="AsOf">Null for the present.</param>
public sealed record Place(BucketRow Bucket, Position? AsOf)
{
    public ValueTask<ObjectRow?> Find(string key, Backend varve, CancellationToken cancel) =>
        AsOf is { } asOf
            ? varve.Reads.FindObjectAsOf(Bucket.Name, key, asOf, cancel)
            : varve.Reads.FindObject(Bucket.Name, key, cancel);
}

/// <summary>
/// A bucket's past is a bucket that can only be read: <c>photos--at-20260131t120000z</c>, <c>photos--at-p42</c>. It is
/// its owner's of that time. No bucket can be made under such a name.
/// </summary>
static partial class TimeTravel
{
    const string Mark = "--at-";

    /// <summary>What can be asked of the past.</summary>
    static readonly S3Handler[] Readers =
    [
        HeadBucket.Handle,
        GetBucketLocation.Handle,
        GetBucketVersioning.Handle,
        ListObjects.HandleV1,
        ListObjects.HandleV2,
        ListObjectVersions.Handle,
        GetObject.Handle,
        GetObjectAttributes.Handle,
        GetObjectTagging.Handle,
        S3Operations.NotYet,
    ];

    /// <param name="toWrite">Then it need not be in the read models yet.</param>
    /// <returns>Null if there is, or was, no such bucket.</returns>
    /// <exception cref="RejectedException">InvalidBucketName: there is no such time.</exception>
    public static async ValueTask<Place?> Find(string name, bool toWrite, Backend varve, CancellationToken cancel)
    {
        return name.Contains(Mark, StringComparison.Ordinal) && OfThePast().Match(name) is { Success: true } past
                ? await FindPast(past.Groups["name"].Value, past.Groups["instant"].Value, varve, cancel)
            : toWrite ? await FindCurrent(name, varve, cancel)
            : await FindPresent(name, varve, cancel);
    }

    /// <exception cref="RejectedException">MethodNotAllowed: it would change the past.</exception>
    public static void Check(S3Operation operation, Place place)
    {
        if (place.AsOf is not null && !Readers.Contains(operation.Handle))
            throw new RejectedException(
                ErrorCode.MethodNotAllowed,
                $"The past is read-only: write to '{place.Bucket.Name}'."
            );
    }

    static async ValueTask<Place?> FindPresent(string name, Backend varve, CancellationToken cancel) =>
        await varve.Reads.FindBucket(name, cancel) is { } bucket ? new Place(bucket, AsOf: null) : null;

    /// <summary>From the log: a write does not wait for the read models, and must not take a bucket for its last
    /// owner's.</summary>
    static async ValueTask<Place?> FindCurrent(string name, Backend varve, CancellationToken cancel)
    {
        if (BucketName.TryParse(name) is not { } known)
            return null;
        var bucket = await varve.Read(Bucket.Decider, known.Stream, cancel);
        return bucket.Owner is { } owner
            ? new Place(
                new(name, owner, bucket.CreatedAt)
                {
                    Configuration = bucket.Configuration,
                    Versioning = bucket.Versioning,
                    Lifecycle = bucket.Lifecycle,
                },
                AsOf: null
            )
            : null;
    }

    static async ValueTask<Place?> FindPast(string name, string when, Backend varve, CancellationToken cancel)
    {
        var instant = Instant.TryParse(when) ?? throw new RejectedException(ErrorCode.InvalidBucketName, when);
        var asOf = await instant.Resolve(varve.Reads, cancel);
        return await varve.Reads.FindBucketAsOf(name, asOf, cancel) is { } bucket ? new Place(bucket, asOf) : null;
    }

    [GeneratedRegex("^(?<name>.+)" + Mark + @"(?<instant>p\d+|\d{8}t\d{6}z)\z", RegexOptions.CultureInvariant)]
    private static partial Regex OfThePast();
}
