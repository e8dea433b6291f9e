using System.Buffers;
using System.Security.Cryptography;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Logging;
using Varve.Tiers.Joining;

namespace Varve.Tiers.Disk;

/// <summary>
/// Contents on the local disk: small ones in volumes (<see cref="VolumeRecord"/>), large ones and large parts in files
/// of their own (<see cref="BlockFile"/>), joined ones as a list of segments (<see cref="Manifest"/>). Thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// lock                                held while a process uses the folder
/// tmp/8c1f…                           bodies on their way in; emptied at start
/// volume/000001.vol                   small contents, small parts, lists of segments
/// file/ab/abcd…                       large contents by SHA-256
/// part/upload/7-0123456789abcdef      large parts by upload and number
/// </code>
/// </remarks>
public sealed class DiskTier : ITier, IAsyncDisposable
{
    /// <summary>Files that are synced at once; each has a thread of its own, for a sync can take long.</summary>
    const int FileSyncsMax = 8;

    const int ManifestsCached = 32;

    readonly DiskTierOptions options;
    readonly DiskFolders folders;
    readonly DiskCounters counters = new();
    readonly Committer committer;
    readonly VolumeReader volumes;
    readonly UploadFollowers followers;
    readonly SemaphoreSlim fileSyncs = new(FileSyncsMax);
    readonly ConcurrentLru<string, Manifest> manifests = new(ManifestsCached);

    DiskTier(DiskTierOptions options, ILogger<DiskTier> logger)
    {
        this.options = options;
        folders = new DiskFolders(options.Folder);
        try
        {
            if (folders.DeleteUnfinished() is > 0 and var count)
                logger.UnfinishedDeleted(count);
            committer = new Committer(folders.Volumes, options, counters, logger);
        }
        catch
        {
            folders.Dispose();
            throw;
        }
        volumes = new VolumeReader(folders.Volumes);
        followers = new UploadFollowers(this, logger);
    }

    public string Name => DiskLocation.TierName;

    public DiskStatistics Statistics => counters.Read();

    /// <summary>
    /// Opens the folder, and recovers it: deletes unfinished bodies, reads the newest volume (at most
    /// <see cref="DiskTierOptions.VolumeSizeMax"/>) to find its end, and goes on behind whatever a crash left there.
    /// </summary>
    /// <exception cref="IOException">Another process holds the folder, or it can't be read or written.</exception>
    public static DiskTier Open(DiskTierOptions options, ILogger<DiskTier> logger) => new(options, logger);

    public ValueTask<StagedContent> Stage(IBodySource body, StageOptions options, CancellationToken cancel) =>
        new Staging(this.options.SmallSizeMax, folders, options).Run(body, cancel);

    /// <inheritdoc/>
    /// <exception cref="IOException">The disk is full or failing: nothing is kept.</exception>
    /// <remarks>A write that has begun is not cancelled.</remarks>
    public async ValueTask<string> Keep(StagedContent staged, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return staged switch
        {
            SmallContent small => await Keep(small),
            LargeContent large => await Keep(large, PlaceOf(large), cancel),
            JoinedContent { Segments: [var only] } => only.Location,
            JoinedContent joined => await Keep(joined),
            _ => throw new ArgumentException("Staged by another tier.", nameof(staged)),
        };
    }

    /// <inheritdoc/>
    /// <param name="uploadId">1 to 64 of A-Z a-z 0-9 _ -</param>
    /// <param name="number">1… The whole hashes follow 1, 2, 3… without gaps.</param>
    public async ValueTask<string> KeepPart(string uploadId, int number, StagedContent staged, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var target = DiskLocation.OfPart(uploadId, number, Random());
        var location = staged switch
        {
            SmallContent small => await Keep(small),
            LargeContent large => await Keep(large, target, cancel),
            _ => throw new ArgumentException("Not a body that this tier staged.", nameof(staged)),
        };
        followers.Add(uploadId, number, new Segment(location, staged.Size));
        return location;
    }

    public async ValueTask<StagedContent> Join(string uploadId, IReadOnlyList<Segment> parts, CancellationToken cancel)
    {
        if (parts.Any(part => DiskLocation.Parse(part.Location).Place == DiskPlace.Segments))
            throw new ArgumentException("A part can't itself be joined from parts.", nameof(parts));
        var (sha256, sha1) = await followers.Join(uploadId, parts, cancel);
        return new JoinedContent(parts)
        {
            Size = parts.Sum(part => part.Size),
            Sha256 = sha256,
            Sha1 = sha1,
            Md5 = null,
            Checksum = null,
        };
    }

    public void Forget(string uploadId) => followers.Forget(uploadId);

    /// <summary>How many parts of an upload, from the first, are hashed already.</summary>
    public int Followed(string uploadId) => followers.Followed(uploadId);

    public ValueTask<IContentReader> Open(string location, long size, CancellationToken cancel)
    {
        var parsed = DiskLocation.Parse(location);
        return new(
            parsed.Place switch
            {
                DiskPlace.Volume when size <= VolumeRecord.PayloadMax => new RecordContent(volumes, parsed, (int)size),
                DiskPlace.Volume => throw new ContentDamagedException(location, $"no record has {size} bytes"),
                DiskPlace.Segments => new SegmentsReader(ManifestAt(parsed, location, size), this),
                _ => BlockFileReader.Open(folders.PathOf(parsed), location, size),
            }
        );
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A joined content goes with its parts. The blocks of a volume's record are punched out of the volume where the
    /// file system can; its 64-byte header stays and says so, and its place is never used again.
    /// </remarks>
    public async ValueTask Purge(string location, CancellationToken cancel)
    {
        var parsed = DiskLocation.Parse(location);
        if (parsed.Place is DiskPlace.File or DiskPlace.Part)
        {
            folders.Delete(parsed);
            return;
        }
        if (parsed.Place == DiskPlace.Segments)
        {
            if (!volumes.Exists(parsed))
                return;
            foreach (var segment in ReadManifest(parsed).Segments)
                if (DiskLocation.Parse(segment.Location).Place != DiskPlace.File) // that is a content of its own
                    await Purge(segment.Location, cancel);
            manifests.TryRemove(location);
        }
        volumes.Purge(parsed);
    }

    public async ValueTask DisposeAsync()
    {
        await followers.DisposeAsync();
        committer.Dispose();
        volumes.Dispose();
        fileSyncs.Dispose();
        folders.Dispose();
    }

    static DiskLocation PlaceOf(LargeContent large) =>
        large.Elsewhere ? DiskLocation.OfContent(large.Sha256, Random()) : DiskLocation.OfContent(large.Sha256);

    static ulong Random() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    async ValueTask<string> Keep(SmallContent small)
    {
        var (volume, offset) = await committer.Append(small.Seal());
        return DiskLocation.Record(DiskPlace.Volume, volume, offset).ToString();
    }

    async ValueTask<string> Keep(LargeContent large, DiskLocation target, CancellationToken cancel)
    {
        await fileSyncs.WaitAsync(cancel);
        try
        {
            var kept = await Task.Factory.StartNew(
                () => large.Keep(target, folders),
                CancellationToken.None,
                // Without the second, the request would go on in a thread that is about to end.
                TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously,
                TaskScheduler.Default
            );
            counters.FileKept();
            return kept.ToString();
        }
        finally
        {
            fileSyncs.Release();
        }
    }

    async ValueTask<string> Keep(JoinedContent joined)
    {
        var length = Manifest.EncodedLength(joined.Segments);
        var record = ArrayPool<byte>.Shared.Rent(VolumeRecord.Padded(length));
        Manifest.Encode(joined.Segments, record.AsSpan(VolumeRecord.HeaderBytes, length));
        VolumeRecord.Seal(record, RecordKind.Segments, length, joined.Sha256);
        var (volume, offset) = await committer.Append(record.AsMemory(0, VolumeRecord.Padded(length)));
        ArrayPool<byte>.Shared.Return(record);
        return DiskLocation.Record(DiskPlace.Segments, volume, offset).ToString();
    }

    Manifest ManifestAt(DiskLocation parsed, string location, long size)
    {
        var manifest = manifests.GetOrAdd(location, _ => ReadManifest(parsed));
        return manifest.Size == size
            ? manifest
            : throw new ContentDamagedException(location, $"{manifest.Size} bytes, not {size}");
    }

    Manifest ReadManifest(DiskLocation location)
    {
        var length = volumes.PayloadLength(location, RecordKind.Segments);
        var record = volumes.Rent(location, RecordKind.Segments, length);
        var manifest = Manifest.Decode(record.AsSpan(VolumeRecord.HeaderBytes, length));
        ArrayPool<byte>.Shared.Return(record);
        return manifest;
    }
}
