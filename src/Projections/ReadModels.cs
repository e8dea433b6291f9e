namespace Varve.Projections;

/// <summary>What the read models can be asked. Every answer costs by what it shows, not by what is stored.
/// Thread-safe.</summary>
public sealed class ReadModels
{
    /// <summary>The current version; null if there is none.</summary>
    public ValueTask<ObjectRow?> FindObject(string bucket, string key, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<ObjectPage> ListObjects(ObjectListing listing, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<BucketRow?> FindBucket(string name, CancellationToken cancel) => throw new NotSupportedException();

    /// <param name="owner">Null for everybody's.</param>
    public ValueTask<IReadOnlyList<BucketRow>> ListBuckets(string? owner, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<bool> IsEmpty(string bucket, CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask<UploadPage> ListUploads(UploadListing listing, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>The newest open upload that a user began by REST for a content; null if there is none.</summary>
    public ValueTask<string?> FindOpenUpload(string user, string sha1, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>The content with this SHA-1 that can be read; null if there is none.</summary>
    public ValueTask<FileRow?> FindFile(string sha1, CancellationToken cancel) => throw new NotSupportedException();

    /// <param name="user">Whose files; in order of name.</param>
    /// <param name="cursor">Of the page before; null for the first.</param>
    public ValueTask<UserFilePage> ListUserFiles(
        string user,
        string prefix,
        string? cursor,
        int limit,
        CancellationToken cancel
    ) => throw new NotSupportedException();

    /// <summary>Null if the user has no file with this content now.</summary>
    public ValueTask<UserFileRow?> FindUserFile(string user, string sha1, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>Keys in the user's home bucket that point at a content now.</summary>
    public ValueTask<IReadOnlyList<string>> NamesOf(string user, string sha1, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>Whether the user has, or once had, a file with this content.</summary>
    public ValueTask<bool> HasHeld(string user, string sha1, CancellationToken cancel) =>
        throw new NotSupportedException();
}
