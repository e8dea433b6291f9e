using Varve.Projections.Buckets;
using Varve.Projections.Databases;
using Varve.Projections.Files;
using Varve.Projections.Objects;
using Varve.Projections.Uploads;

namespace Varve.Projections;

/// <summary>What the read models can be asked. Every answer costs by what it shows, not by what is stored.
/// Thread-safe.</summary>
public sealed class ReadModels(IReadDatabase database)
{
    /// <summary>The current version; null if there is none.</summary>
    public async ValueTask<ObjectRow?> FindObject(string bucket, string key, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await ObjectQueries.Find(lease.Session, bucket, key, cancel);
    }

    public async ValueTask<ObjectPage> ListObjects(ObjectListing listing, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await ObjectQueries.List(lease.Session, listing, cancel);
    }

    public async ValueTask<BucketRow?> FindBucket(string name, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await BucketQueries.Find(lease.Session, name, cancel);
    }

    /// <param name="owner">Null for everybody's.</param>
    public async ValueTask<IReadOnlyList<BucketRow>> ListBuckets(string? owner, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await BucketQueries.List(lease.Session, owner, cancel);
    }

    public async ValueTask<bool> IsEmpty(string bucket, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await ObjectQueries.IsEmpty(lease.Session, bucket, cancel);
    }

    public async ValueTask<UploadPage> ListUploads(UploadListing listing, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await UploadQueries.List(lease.Session, listing, cancel);
    }

    /// <summary>The newest open upload that a user began by REST for a content; null if there is none.</summary>
    public async ValueTask<string?> FindOpenUpload(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await UploadQueries.FindOpen(lease.Session, user, sha1, cancel);
    }

    /// <summary>Open uploads that were begun before an instant, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<string>> UploadsBegunBefore(
        DateTimeOffset before,
        int limit,
        CancellationToken cancel
    )
    {
        using var lease = await database.Read(cancel);
        return await UploadQueries.BegunBefore(lease.Session, before, limit, cancel);
    }

    /// <summary>The content with this SHA-1 that can be read; null if there is none.</summary>
    public async ValueTask<FileRow?> FindFile(string sha1, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await FileQueries.Find(lease.Session, sha1, cancel);
    }

    /// <param name="user">Whose files; in order of name.</param>
    /// <param name="cursor">Of the page before; null for the first.</param>
    /// <exception cref="Domain.RejectedException">InvalidArgument: no page ever gave this cursor.</exception>
    public async ValueTask<UserFilePage> ListUserFiles(
        string user,
        string prefix,
        string? cursor,
        int limit,
        CancellationToken cancel
    )
    {
        using var lease = await database.Read(cancel);
        return await FileQueries.List(lease.Session, user, prefix, cursor, limit, cancel);
    }

    /// <summary>Null if the user has no file with this content now.</summary>
    public async ValueTask<UserFileRow?> FindUserFile(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await FileQueries.FindOfUser(lease.Session, user, sha1, cancel);
    }

    /// <summary>Keys in the user's home bucket that point at a content now.</summary>
    public async ValueTask<IReadOnlyList<string>> NamesOf(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await FileQueries.NamesOf(lease.Session, user, sha1, cancel);
    }

    /// <summary>Whether the user has, or once had, a file with this content.</summary>
    public async ValueTask<bool> HasHeld(string user, string sha1, CancellationToken cancel) =>
        await LastNameOf(user, sha1, cancel) is not null;

    /// <summary>The newest name that the user gave this content, be it deleted; null if there was none.</summary>
    public async ValueTask<string?> LastNameOf(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await FileQueries.LastNameOf(lease.Session, user, sha1, cancel);
    }
}
