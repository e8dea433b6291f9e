using System.Data.Common;
using Varve.EventStores;
using Varve.Projections.Buckets;
using Varve.Projections.Databases;
using Varve.Projections.Files;
using Varve.Projections.Instants;
using Varve.Projections.Objects;
using Varve.Projections.Uploads;

namespace Varve.Projections;

/// <summary>What the read models can be asked. Every answer costs by what it shows, not by what is stored, and shows
/// what this process acknowledged before, unless the barrier's bound passes. Thread-safe.</summary>
public sealed partial class ReadModels(IReadDatabase database, ProjectionBarrier barrier)
{
    /// <summary>Beyond every position: as of it, the past is what is.</summary>
    public static readonly Position Present = new(Position.End.Value - 1);

    /// <summary>The current version; null if there is none.</summary>
    public async ValueTask<ObjectRow?> FindObject(string bucket, string key, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await ObjectQueries.Find(lease.Session, bucket, key, cancel);
    }

    public async ValueTask<ObjectPage> ListObjects(ObjectListing listing, CancellationToken cancel)
    {
        using var lease = await ReadAside(cancel);
        return await ObjectQueries.List(lease.Session, listing, cancel);
    }

    public async ValueTask<BucketRow?> FindBucket(string name, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await BucketQueries.Find(lease.Session, name, cancel);
    }

    /// <param name="owner">Null for everybody's.</param>
    public async ValueTask<IReadOnlyList<BucketRow>> ListBuckets(string? owner, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await BucketQueries.List(lease.Session, owner, cancel);
    }

    /// <summary>What is in a bucket that has a quota; null where it has none.</summary>
    public async ValueTask<BucketUsage?> FindUsage(string bucket, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await UsageRows.Find(lease.Session, bucket, cancel);
    }

    public async ValueTask<bool> IsEmpty(string bucket, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await ObjectQueries.IsEmpty(lease.Session, bucket, cancel);
    }

    public async ValueTask<UploadPage> ListUploads(UploadListing listing, CancellationToken cancel)
    {
        using var lease = await ReadAside(cancel);
        return await UploadQueries.List(lease.Session, listing, cancel);
    }

    /// <summary>The newest open upload that a user began by REST for a content; null if there is none.</summary>
    public async ValueTask<string?> FindOpenUpload(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await UploadQueries.FindOpen(lease.Session, user, sha1, cancel);
    }

    /// <summary>Open uploads that were begun before an instant, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<string>> UploadsBegunBefore(
        DateTimeOffset before,
        int limit,
        CancellationToken cancel
    )
    {
        using var lease = await ReadAside(cancel);
        return await UploadQueries.BegunBefore(lease.Session, before, limit, cancel);
    }

    /// <summary>The content with this SHA-1 that can be read; null if there is none.</summary>
    public async ValueTask<FileRow?> FindFile(string sha1, CancellationToken cancel)
    {
        await barrier.PassOwnWrites(cancel);
        try
        {
            return await Find();
        }
        catch (DbException)
        {
            // The tables may have been cut otherwise since this process looked.
            if (!await database.LayoutChanged(cancel))
                throw;
            return await Find();
        }

        async ValueTask<FileRow?> Find()
        {
            using var lease = await database.Read(cancel);
            return await FileQueries.Find(lease.Session, sha1, cancel);
        }
    }

    /// <summary>Where a content is: sound copies first, of those the nearest. Empty once it was purged.</summary>
    /// <param name="sha256">64 lower-case hex digits.</param>
    public async ValueTask<IReadOnlyList<string>> LocationsOf(string sha256, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await CopyQueries.LocationsOf(lease.Session, sha256, cancel);
    }

    /// <summary>A tier's copies, sound or not, in order of their contents.</summary>
    /// <param name="after">The last content of the page before, 64 hex digits; empty for the first.</param>
    public async ValueTask<IReadOnlyList<CopyRow>> CopiesIn(
        string tier,
        string after,
        int limit,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await CopyQueries.In(lease.Session, tier, after, limit, cancel);
    }

    /// <summary>Damaged copies of contents that another tier has sound ones of.</summary>
    public async ValueTask<IReadOnlyList<CopyRow>> RepairableCopies(int limit, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await CopyQueries.Repairable(lease.Session, limit, cancel);
    }

    /// <summary>A tier's copies of contents that another tier has sound ones of, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<CopyRow>> EvictableCopies(string tier, int limit, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await CopyQueries.Evictable(lease.Session, tier, limit, cancel);
    }

    /// <summary>Bytes of all contents of which a tier has a copy.</summary>
    public async ValueTask<long> BytesIn(string tier, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await CopyQueries.BytesIn(lease.Session, tier, cancel);
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
        using var lease = await ReadAside(cancel);
        return await FileQueries.List(lease.Session, user, prefix, cursor, limit, cancel);
    }

    /// <summary>Null if the user has no file with this content now.</summary>
    public async ValueTask<UserFileRow?> FindUserFile(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await FileQueries.FindOfUser(lease.Session, user, sha1, cancel);
    }

    /// <summary>Keys in the user's home bucket that point at a content now.</summary>
    public async ValueTask<IReadOnlyList<string>> NamesOf(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await FileQueries.NamesOf(lease.Session, user, sha1, cancel);
    }

    /// <summary>Whether the user has, or once had, a file with this content.</summary>
    public async ValueTask<bool> HasHeld(string user, string sha1, CancellationToken cancel) =>
        await LastNameOf(user, sha1, cancel) is not null;

    /// <summary>The newest name that the user gave this content, be it deleted; null if there was none.</summary>
    public async ValueTask<string?> LastNameOf(string user, string sha1, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await FileQueries.LastNameOf(lease.Session, user, sha1, cancel);
    }

    /// <summary>The position up to which everything had happened by an instant, its whole millisecond within. The same
    /// for ever, once the log has gone beyond it.</summary>
    public async ValueTask<Position> PositionAt(DateTimeOffset instant, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await InstantRows.PositionAt(lease.Session, instant, cancel);
    }

    /// <summary>A bucket as of a position; null if there was none of this name.</summary>
    public async ValueTask<BucketRow?> FindBucketAsOf(string name, Position asOf, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await BucketQueries.FindAsOf(lease.Session, name, asOf, cancel);
    }

    /// <summary>What came up to this position into a bucket of this name may be somebody else's; nothing later is.
    /// </summary>
    public async ValueTask<Position> HeldSince(string bucket, string owner, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await BucketQueries.HeldSince(lease.Session, bucket, owner, cancel);
    }

    /// <summary>The version that was current as of a position; null if there was none.</summary>
    public async ValueTask<ObjectRow?> FindObjectAsOf(
        string bucket,
        string key,
        Position asOf,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await PastQueries.FindAsOf(lease.Session, bucket, key, asOf, cancel);
    }

    /// <summary>A bucket's objects as of a position. Costs by the names that it reads over, not by their versions.
    /// </summary>
    public async ValueTask<ObjectPage> ListObjectsAsOf(ObjectListing listing, Position asOf, CancellationToken cancel)
    {
        using var lease = await ReadAside(cancel);
        return await PastQueries.List(lease.Session, listing, asOf, cancel);
    }

    /// <summary>The version that the event at a position made; null if that made none of this name.</summary>
    public async ValueTask<ObjectRow?> FindVersionMadeAt(
        string bucket,
        string key,
        Position position,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await PastQueries.FindMadeAt(lease.Session, bucket, key, position, cancel);
    }

    /// <param name="since">Exclusive: older ones are not looked for.</param>
    public async ValueTask<ObjectRow?> FindVersion(
        string bucket,
        string key,
        string versionId,
        Position since,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await PastQueries.FindVersion(lease.Session, bucket, key, versionId, since, cancel);
    }

    /// <summary>The current version, or the last that there was.</summary>
    /// <param name="sha1">Of the content that it must have; null for any.</param>
    /// <param name="since">Exclusive: older ones are not looked for.</param>
    public async ValueTask<ObjectRow?> FindNewestVersion(
        string bucket,
        string key,
        string? sha1,
        Position since,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await PastQueries.FindNewest(lease.Session, bucket, key, sha1, since, cancel);
    }

    /// <summary>The last past version with a content, under whatever name.</summary>
    /// <param name="since">Exclusive: older ones are not looked for.</param>
    public async ValueTask<ObjectRow?> FindPastVersionOf(
        string bucket,
        string sha1,
        Position since,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await PastQueries.FindNewestOfFile(lease.Session, bucket, sha1, since, cancel);
    }

    /// <summary>As <see cref="ListUserFiles"/>, as of a position.</summary>
    public async ValueTask<UserFilePage> ListUserFilesAsOf(
        PastHome home,
        string prefix,
        string? cursor,
        int limit,
        CancellationToken cancel
    )
    {
        using var lease = await ReadAside(cancel);
        return await PastFileQueries.List(lease.Session, home, prefix, cursor, limit, cancel);
    }

    /// <summary>The newest name that a content had as of a position; null if it had none.</summary>
    public async ValueTask<string?> NewestNameAsOf(PastHome home, string sha1, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await PastFileQueries.NewestName(lease.Session, home, sha1, cancel);
    }

    /// <summary>For pages, which may be long: from a replica, where there is one.</summary>
    async ValueTask<ReadLease> ReadAside(CancellationToken cancel)
    {
        await barrier.PassOwnWrites(cancel);
        return await database.ReadAside(cancel);
    }

    async ValueTask<ReadLease> Read(CancellationToken cancel)
    {
        await barrier.PassOwnWrites(cancel);
        return await database.Read(cancel);
    }
}
