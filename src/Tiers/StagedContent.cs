namespace Varve.Tiers;

/// <summary>A body that has come in whole and is hashed, but that nothing names yet. Disposing discards it,
/// unless it was kept.</summary>
public abstract class StagedContent : IAsyncDisposable
{
    /// <summary>In bytes.</summary>
    public required long Size { get; init; }

    /// <summary>32 bytes: the content's identity.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>20 bytes: the key of the REST contract.</summary>
    public required byte[] Sha1 { get; init; }

    /// <summary>16 bytes: the ETag of a plain PUT. Null for a content joined from parts.</summary>
    public required byte[]? Md5 { get; init; }

    /// <summary>Of the algorithm in <see cref="StageOptions.Checksum"/>, big-endian as S3 sends it; null if
    /// none.</summary>
    public required byte[]? Checksum { get; init; }

    /// <summary>It is kept at a place that was never used, though its own, by its SHA-256, may be free: the bytes there
    /// are being deleted.</summary>
    public bool Elsewhere { get; set; }

    public abstract ValueTask DisposeAsync();
}
