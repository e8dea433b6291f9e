using Varve.Api.Encryption;
using Varve.Domain.Objects;
using Varve.Tiers;
using Varve.Tiers.Encryption;

namespace Varve.Api.S3.Operations;

/// <summary>The key that bytes are sealed with on their way in.</summary>
/// <param name="Key">32 bytes, for these bytes alone.</param>
/// <param name="Kind">With a customer's key the ETag tells nothing of the plain bytes.</param>
readonly record struct Seal(byte[] Key, EncryptionKind Kind)
{
    public static Seal? Of(FreshKey? key) => key is null ? null : new(key.Key, key.Kept.Kind);
}

/// <summary>Bytes that have come in, and were encrypted where they are to be. Disposing discards them, unless they were
/// kept.</summary>
/// <param name="Staged">As they will be stored.</param>
/// <param name="Size">As they came, like all that follows.</param>
/// <param name="Sha256">32 bytes; null where it was not asked for.</param>
/// <param name="Md5">16 bytes; null where it was not asked for.</param>
/// <param name="Checksum">Of the algorithm that was asked for, big-endian; null for none.</param>
/// <param name="ETag">Without quotes.</param>
sealed record TakenContent(StagedContent Staged, long Size, byte[]? Sha256, byte[]? Md5, byte[]? Checksum, string ETag)
    : IAsyncDisposable
{
    /// <param name="md5">Whether the MD5 of what came is needed; the ETag is, whatever this says.</param>
    /// <param name="sha256">Whether its SHA-256 is.</param>
    /// <param name="sizeMax">In bytes, as they come.</param>
    public static async ValueTask<TakenContent> Stage(
        Backend varve,
        IBodySource body,
        Seal? seal,
        bool md5,
        bool sha256,
        ChecksumAlgorithm? algorithm,
        long sizeMax,
        CancellationToken cancel
    )
    {
        if (seal is not { } wanted)
        {
            var whole = await varve.Tier.Stage(body, new(algorithm, sizeMax), cancel);
            var etag = Convert.ToHexStringLower(whole.Md5!);
            return new(whole, whole.Size, whole.Sha256, whole.Md5!, whole.Checksum, etag);
        }
        // The ETag is an MD5 of the plain bytes or of the sealed ones; the other is taken only if somebody compares it.
        var etagOfSealed = wanted.Kind == EncryptionKind.CustomerKey;
        using var sealing = new SealingBody(body, wanted.Key, md5 || !etagOfSealed, sha256, algorithm);
        var options = new StageOptions(Checksum: null, ChunkCipher.SealedSize(sizeMax)) { Md5 = etagOfSealed };
        var staged = await varve.Tier.Stage(sealing, options, cancel);
        var plain = sealing.Hashes!;
        return new(
            staged,
            sealing.PlainSize,
            plain.Sha256,
            plain.Md5,
            plain.Checksum,
            Convert.ToHexStringLower(etagOfSealed ? staged.Md5! : plain.Md5!)
        );
    }

    public ValueTask DisposeAsync() => Staged.DisposeAsync();
}
