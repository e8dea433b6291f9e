using System.IO.Pipelines;

namespace Varve.Tiers;

/// <summary>
/// A place that holds contents. Bodies go in by <c>Stage</c> (streamed and hashed, not yet visible), then
/// <c>Keep</c> (on stable storage, at a location that an event may name). Thread-safe.
/// </summary>
public interface ITier
{
    /// <summary>First word of its locations: <c>disk</c>, <c>ceph</c>, <c>oss</c>.</summary>
    string Name { get; }

    /// <summary>Streams a body in and hashes it on the way. Memory is bounded whatever the size.</summary>
    /// <param name="body">Read to its end.</param>
    /// <param name="options">What to hash beside the three standing hashes, and the largest size.</param>
    /// <exception cref="Varve.Domain.RejectedException">EntityTooLarge, or what <paramref name="body"/> throws;
    /// nothing stays behind.</exception>
    ValueTask<StagedContent> Stage(IBodySource body, StageOptions options, CancellationToken cancel);

    /// <summary>
    /// Makes a staged content durable: when this returns, its bytes are on stable storage under the location.
    /// A location that no event names is swept later. Keeping the same content twice is fine; where the place of its
    /// bytes was given up, say <see cref="StagedContent.Elsewhere"/> before.
    /// </summary>
    /// <returns>Such as <c>disk:volume/000012@4096</c>.</returns>
    ValueTask<string> Keep(StagedContent staged, CancellationToken cancel);

    /// <summary>Makes a staged content durable as part of an upload, and lets the upload's whole hashes
    /// follow.</summary>
    /// <returns>The part's location, which becomes a segment of the whole when the upload is completed.</returns>
    ValueTask<string> KeepPart(string uploadId, int number, StagedContent staged, CancellationToken cancel);

    /// <summary>
    /// Joins kept parts to one content without copying a byte: hashes what was not yet hashed, and prepares the list
    /// of segments that <see cref="Keep"/> then stores.
    /// </summary>
    /// <param name="uploadId">The upload whose prefix may have been hashed already.</param>
    /// <param name="parts">In order; their bytes end to end are the content.</param>
    ValueTask<StagedContent> Join(string uploadId, IReadOnlyList<Segment> parts, CancellationToken cancel);

    /// <summary>Forgets what is held in memory for an upload that ended. The parts' bytes stay.</summary>
    void Forget(string uploadId);

    /// <summary>Opens a content for reading.</summary>
    /// <exception cref="ContentDamagedException">The bytes at the location are not those that were kept.</exception>
    /// <exception cref="TierUnavailableException">The tier is elsewhere, and does not answer.</exception>
    ValueTask<IContentReader> Open(string location, long size, CancellationToken cancel);

    /// <summary>Deletes the bytes at a location. Deleting what is not there is fine.</summary>
    ValueTask Purge(string location, CancellationToken cancel);
}

/// <summary>An open content. Not thread-safe.</summary>
public interface IContentReader : IAsyncDisposable
{
    /// <summary>
    /// Writes a range to <paramref name="output"/> and flushes as it goes. Checks every block that it touches before
    /// passing it on; where only the whole has a checksum, the end of the whole.
    /// </summary>
    /// <param name="offset">0 … size.</param>
    /// <param name="length">0 … size − offset, in bytes.</param>
    /// <exception cref="ContentDamagedException">A checksum did not match. Of blocks, what was sent before is right; of
    /// a whole, its end was held back.</exception>
    ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel);
}

/// <param name="Checksum">A checksum to take beside MD5, SHA-1 and SHA-256; null for none.</param>
/// <param name="SizeMax">More bytes than this are refused as EntityTooLarge.</param>
public sealed record StageOptions(ChecksumAlgorithm? Checksum, long SizeMax)
{
    /// <summary>What the body should hash to, where that is known before it comes: a tier may choose the place by it.
    /// Whoever keeps the content compares first. Null: not known.</summary>
    public byte[]? Sha256 { get; init; }
}

/// <summary>A kept piece of bytes: where, and how many.</summary>
public readonly record struct Segment(string Location, long Size);

/// <summary>What a location holds is not what was kept there (bit rot, truncation, a missing file).</summary>
public sealed class ContentDamagedException(string location, string detail) : IOException($"{location}: {detail}")
{
    public string Location { get; } = location;

    /// <summary>Bytes that were passed on before may be wrong, too: who has them can't go on from another copy.
    /// </summary>
    public bool SentMayBeWrong { get; init; }
}

/// <summary>A tier that is elsewhere does not answer, or not as it should. It may pass; every call may throw it.
/// </summary>
public sealed class TierUnavailableException(string tier, string detail, Exception? inner = null)
    : IOException($"{tier}: {detail}", inner)
{
    public string Tier { get; } = tier;
}
