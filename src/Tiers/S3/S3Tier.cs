using System.Security.Cryptography;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Logging;
using Varve.Tiers.Checksums;
using Varve.Tiers.Joining;

namespace Varve.Tiers.S3;

/// <summary>
/// Contents in a bucket of an S3 server (Ceph RGW, Aliyun OSS): a body of at most one part is one object by its
/// SHA-256; a larger one is sent on in parts, by its SHA-256 too if that is known before, else as an object of its own;
/// a joined content is a list of segments (<see cref="Manifest"/>). Holds nothing that another process would lack.
/// Thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// ceph/abcd…                          contents by SHA-256
/// body/0123…                          larger contents, and larger parts of uploads
/// part/upload/7-0123456789abcdef      parts of uploads
/// segments/abcd…                      lists of segments by their own SHA-256
/// </code>
/// </remarks>
public sealed class S3Tier : ITier, IAsyncDisposable
{
    const int ManifestsCached = 32;
    const int ManifestBytesMax = 8 * 1024 * 1024;
    const int DeletesAtOnce = 8;

    /// <summary>Objects that are asked about at once.</summary>
    public const int LeftoversAtOnce = 100_000;

    static readonly string[] Unsure = [S3Location.Bodies, "part/", "segments/"];

    readonly S3TierOptions options;
    readonly S3Store store;
    readonly SemaphoreSlim memory;
    readonly UploadFollowers followers;
    readonly ConcurrentLru<string, Manifest> manifests = new(ManifestsCached);

    public S3Tier(S3TierOptions options, TimeProvider clock, ILogger<S3Tier> logger)
    {
        this.options = options;
        store = new(options, clock);
        memory = new(options.PartsInMemory);
        followers = new(this, logger);
    }

    public string Name => options.Name;

    /// <summary>Asks for the bucket, and makes it where it is missing; else the first write does.</summary>
    /// <exception cref="TierUnavailableException">The server gives no answer, or refuses.</exception>
    public Task Check(CancellationToken cancel) => store.EnsureBucket(cancel);

    /// <summary>Asks once, and cheaply, whether the server answers.</summary>
    /// <exception cref="TierUnavailableException">It does not, or not before <paramref name="cancel"/>; or it refuses.
    /// </exception>
    public Task Probe(CancellationToken cancel) => store.Probe(cancel);

    public ValueTask<StagedContent> Stage(IBodySource body, StageOptions options, CancellationToken cancel) =>
        new S3Staging(this.options, store, memory, options).Run(body, cancel);

    public async ValueTask<string> Keep(StagedContent staged, CancellationToken cancel) =>
        staged switch
        {
            HeldContent held => await Keep(held, PlaceOf(held), cancel),
            SentContent sent => await Keep(sent, cancel),
            JoinedContent { Segments: [var only] } => only.Location,
            JoinedContent joined => await Keep(joined, cancel),
            _ => throw new ArgumentException("Staged by another tier.", nameof(staged)),
        };

    /// <inheritdoc/>
    /// <param name="uploadId">1 to 64 of A-Z a-z 0-9 _ -</param>
    /// <param name="number">1… The whole hashes follow 1, 2, 3… without gaps.</param>
    public async ValueTask<string> KeepPart(string uploadId, int number, StagedContent staged, CancellationToken cancel)
    {
        var location = staged switch
        {
            HeldContent held => await Keep(
                held,
                S3Location.OfPart(options, uploadId, number, HexOf(held), held.Crc64),
                cancel
            ),
            SentContent sent => await Keep(sent, cancel),
            _ => throw new ArgumentException("Not a body that this tier staged.", nameof(staged)),
        };
        followers.Add(uploadId, number, new Segment(location, staged.Size));
        return location;
    }

    public async ValueTask<StagedContent> Join(string uploadId, IReadOnlyList<Segment> parts, CancellationToken cancel)
    {
        if (parts.Any(part => S3Location.Parse(Name, part.Location).Place == S3Place.Segments))
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

    /// <inheritdoc/>
    /// <remarks>Of a content that is one object, nothing is asked before it is read.</remarks>
    public async ValueTask<IContentReader> Open(string location, long size, CancellationToken cancel)
    {
        var at = S3Location.Parse(Name, location);
        if (at.Place != S3Place.Segments)
            return new S3Content(store, at, size, options.Patience);
        if (!manifests.TryGet(location, out var manifest))
            manifests.AddOrUpdate(location, manifest = await ReadManifest(at, cancel));
        return manifest.Size == size
            ? new SegmentsReader(manifest, this)
            : throw new ContentDamagedException(location, $"{manifest.Size} bytes, not {size}");
    }

    /// <inheritdoc/>
    /// <remarks>A joined content goes with its parts; its list goes last.</remarks>
    public async ValueTask Purge(string location, CancellationToken cancel)
    {
        var at = S3Location.Parse(Name, location);
        if (at.Place == S3Place.Segments)
        {
            await PurgeParts(at, cancel);
            manifests.TryRemove(location);
        }
        await store.Delete(at.Bucket, at.Key, cancel);
    }

    /// <summary>Aborts the sending of bodies that was begun before an instant and never ended: whoever did it is gone.
    /// A body takes hours at most. Other applications' uploads to the bucket are left alone.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="TierUnavailableException">The server gives no answer, or refuses.</exception>
    public async Task<int> AbortUnfinished(DateTimeOffset before, CancellationToken cancel)
    {
        var aborted = 0;
        foreach (var (key, uploadId) in await store.OpenUploads(before, cancel))
            if (S3Location.IsOurs(options, key))
            {
                await store.AbortUpload(key, uploadId, cancel);
                aborted++;
            }
        return aborted;
    }

    /// <summary>Deletes bodies, parts and lists that nothing names. Contents by their SHA-256 are left alone.</summary>
    /// <param name="from">What is older was looked at before.</param>
    /// <param name="before">What is younger stays: its event may be on its way. A day ago, or longer.</param>
    /// <param name="named">Picks those objects that the log names, by their locations up to the @; is asked about
    /// <see cref="LeftoversAtOnce"/> at most.</param>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="TierUnavailableException">The server gives no answer, or refuses.</exception>
    public async Task<int> SweepLeftovers(
        DateTimeOffset from,
        DateTimeOffset before,
        Func<IReadOnlySet<string>, CancellationToken, Task<IReadOnlySet<string>>> named,
        CancellationToken cancel
    )
    {
        var swept = 0;
        foreach (var prefix in Unsure)
        await foreach (var keys in store.Keys(prefix, from, before, cancel).Chunk(LeftoversAtOnce))
        {
            var ours = keys.Where(key => S3Location.IsOurs(options, key))
                .ToDictionary(key => S3Location.ObjectAt(options, key), StringComparer.Ordinal);
            if (ours.Count == 0)
                continue;
            var kept = await named(ours.Keys.ToHashSet(StringComparer.Ordinal), cancel);
            foreach (var (at, key) in ours)
                if (!kept.Contains(at))
                {
                    await store.Delete(options.Bucket, key, cancel);
                    swept++;
                }
        }
        return swept;
    }

    public async ValueTask DisposeAsync()
    {
        await followers.DisposeAsync();
        store.Dispose();
        memory.Dispose();
    }

    S3Location PlaceOf(HeldContent held) =>
        held.Elsewhere
            ? S3Location.OfBody(options, S3Location.KeyFor(options, sha256: null), HexOf(held), held.Crc64)
            : S3Location.OfContent(options, HexOf(held));

    async ValueTask<string> Keep(HeldContent held, S3Location target, CancellationToken cancel)
    {
        await store.Put(target.Key, held.Bytes, held.Md5!, cancel);
        return target.ToString();
    }

    async ValueTask<string> Keep(SentContent sent, CancellationToken cancel)
    {
        var target = S3Location.OfBody(options, sent.Key, HexOf(sent), sent.Crc64);
        await sent.Keep(cancel);
        return target.ToString();
    }

    async ValueTask<string> Keep(JoinedContent joined, CancellationToken cancel)
    {
        var list = new byte[Manifest.EncodedLength(joined.Segments)];
        Manifest.Encode(joined.Segments, list);
        var hasher = ContentHasher.Rent(checksum: null);
        hasher.Append(list);
        var hashes = hasher.Finish();
        var target = S3Location.OfSegments(options, Convert.ToHexStringLower(hashes.Sha256));
        var gathered = new GatheredBytes(list.Length);
        gathered.Append(list);
        await store.Put(target.Key, gathered, hashes.Md5!, cancel);
        gathered.Return();
        return target.ToString();
    }

    async ValueTask PurgeParts(S3Location list, CancellationToken cancel)
    {
        Manifest manifest;
        try
        {
            manifest = await ReadManifest(list, cancel);
        }
        catch (ContentDamagedException)
        {
            return; // it is gone already, or says nothing that could be trusted
        }
        var parts = manifest.Segments.Select(segment => S3Location.Parse(Name, segment.Location));
        await Parallel.ForEachAsync(
            parts.Where(part => part.Place != S3Place.Content), // that is a content of its own
            new ParallelOptions { MaxDegreeOfParallelism = DeletesAtOnce, CancellationToken = cancel },
            async (part, stop) => await store.Delete(part.Bucket, part.Key, stop)
        );
    }

    async ValueTask<Manifest> ReadManifest(S3Location at, CancellationToken cancel)
    {
        var list = await store.Read(at, ManifestBytesMax, cancel);
        return Convert.ToHexStringLower(SHA256.HashData(list)) == at.Sha256
            ? Manifest.Decode(list)
            : throw new ContentDamagedException(at.ToString(), "the list of segments has another SHA-256");
    }

    static string HexOf(StagedContent staged) => Convert.ToHexStringLower(staged.Sha256);
}
