using Amazon.S3.Model;

namespace Varve.Tiers.S3;

/// <summary>A body in memory.</summary>
/// <param name="turns">Where a turn is given back when it goes; null if it has none.</param>
sealed class HeldContent(GatheredBytes bytes, SemaphoreSlim? turns) : StagedContent
{
    GatheredBytes? bytes = bytes;

    /// <summary>CRC-64/NVME.</summary>
    public required ulong Crc64 { get; init; }

    public GatheredBytes Bytes => bytes ?? throw new ObjectDisposedException(nameof(HeldContent));

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref bytes, null) is { } held)
        {
            held.Return();
            turns?.Release();
        }
        return ValueTask.CompletedTask;
    }
}

/// <summary>A body that the server has in parts.</summary>
sealed class SentContent(S3Store store, string key, string uploadId, List<PartETag> parts) : StagedContent
{
    bool kept;

    public string Key => key;

    /// <summary>CRC-64/NVME.</summary>
    public required ulong Crc64 { get; init; }

    /// <summary>Makes an object of it.</summary>
    public async ValueTask Keep(CancellationToken cancel)
    {
        if (!kept)
            await store.CompleteUpload(key, uploadId, parts, Size, cancel);
        kept = true;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!kept)
            await Abandon(store, key, uploadId);
        kept = true;
    }

    /// <summary>Drops the parts; where the server is out of reach, they are swept later.</summary>
    public static async ValueTask Abandon(S3Store store, string key, string uploadId)
    {
        try
        {
            await store.AbortUpload(key, uploadId, CancellationToken.None);
        }
        catch (TierUnavailableException) { }
    }
}
