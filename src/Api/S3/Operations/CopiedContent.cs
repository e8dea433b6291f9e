using Varve.Api.Encryption;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Projections;
using Varve.Tiers;
using Varve.Tiers.Checksums;

namespace Varve.Api.S3.Operations;

/// <summary>What a copy is made of.</summary>
/// <param name="ETag">Without quotes.</param>
sealed record CopiedContent(
    ContentFacts Content,
    string ETag,
    ObjectChecksum? Checksum,
    string? Upload,
    ObjectEncryption? Encryption
)
{
    /// <param name="algorithm">Of the checksum that the copy must have; null for whatever the source has.</param>
    /// <exception cref="RejectedException">What a wrong key, or none, is refused with.</exception>
    public static async ValueTask<CopiedContent> Of(
        ObjectRow source,
        ChecksumAlgorithm? algorithm,
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        var key = request.KeyOf(source, varve, CustomerKeyHeaders.OfSource);
        var wanted = await request.WantedEncryption(varve, cancel);
        try
        {
            if (key is null != wanted is null)
                return await Moved(source, algorithm, key, wanted?.NewKey(varve), varve, cancel);
            return new(
                new ContentFacts(new ContentHash(source.Content), source.Sha1, Md5: null, source.Size, Location: null),
                source.ETag,
                algorithm is null ? source.Checksum : await ChecksumOf(source, algorithm.Value, key, varve, cancel),
                source.Upload,
                key is null ? null : wanted!.Wrap(key, varve)
            );
        }
        catch (ContentDamagedException damage)
        {
            await varve.ReportDamage(request.Caller.UserName, source, damage);
            throw;
        }
    }

    /// <summary>Read once, and written anew.</summary>
    static async ValueTask<CopiedContent> Moved(
        ObjectRow source,
        ChecksumAlgorithm? algorithm,
        byte[]? sourceKey,
        FreshKey? key,
        Backend varve,
        CancellationToken cancel
    )
    {
        var wanted =
            algorithm
            ?? (source.Checksum is { } had ? ExpectedChecksum.ParseName(had.Algorithm) : IncomingBytes.Default);
        await using var content = await varve.Open(source, sourceKey, cancel);
        await using var body = new StoredBody(content, 0, source.Size, cancel);
        await using var taken = await TakenContent.Stage(
            varve,
            body,
            Seal.Of(key),
            md5: false,
            sha256: false,
            wanted,
            PutValidator.SizeMax,
            cancel
        );
        var checksum = IncomingBytes.WholeChecksum(wanted, taken.Checksum!);
        return new(await varve.Keep(taken.Staged, cancel), taken.ETag, checksum, Upload: null, key?.Kept);
    }

    /// <summary>Carried over where it is there; else the content is read once.</summary>
    static async ValueTask<ObjectChecksum?> ChecksumOf(
        ObjectRow source,
        ChecksumAlgorithm wanted,
        byte[]? key,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (
            source.Checksum is { Type: IncomingBytes.FullObject } known
            && known.Algorithm == ExpectedChecksum.NameOf(wanted)
        )
            return known;
        await using var content = await varve.Open(source, key, cancel);
        await using var body = new StoredBody(content, 0, source.Size, cancel);
        using var checksum = new IncrementalChecksum(wanted);
        while (await body.Next(cancel) is { IsEmpty: false } piece)
            foreach (var segment in piece)
                checksum.Append(segment.Span);
        var value = new byte[checksum.SizeBytes];
        checksum.Finish(value);
        return IncomingBytes.WholeChecksum(wanted, value);
    }
}
