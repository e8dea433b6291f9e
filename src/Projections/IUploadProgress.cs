namespace Varve.Projections;

/// <summary>
/// The progress of open uploads, as clients poll it: in memory, or in Redis as hash <c>MP_&lt;uploadid&gt;</c>. It can
/// be lost and is filled again from the upload events. Thread-safe.
/// </summary>
public interface IUploadProgress
{
    ValueTask Begin(string uploadId, UploadTotals totals, CancellationToken cancel);

    /// <param name="number">1 … chunk count. Twice is once.</param>
    ValueTask Receive(string uploadId, int number, CancellationToken cancel);

    /// <summary>The upload is no longer open.</summary>
    ValueTask End(string uploadId, CancellationToken cancel);

    /// <summary>Null if no open upload of this id is known.</summary>
    ValueTask<UploadProgress?> Find(string uploadId, CancellationToken cancel);
}

/// <param name="ChunkCount">0 for an S3 upload, which does not say beforehand.</param>
/// <param name="FileHash">SHA-1, 40 hex digits; empty for an S3 upload.</param>
public sealed record UploadTotals(int ChunkCount, string FileHash, long FileSize);

/// <param name="Received">Chunk numbers, ascending.</param>
public sealed record UploadProgress(UploadTotals Totals, IReadOnlyList<int> Received);
