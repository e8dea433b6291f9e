using System.Collections.Immutable;
using System.Globalization;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Tiers;
using Varve.Tiers.Checksums;

namespace Varve.Api.S3.Operations;

/// <summary>What parts are together.</summary>
static class JoinedParts
{
    /// <summary>The parts that the client lists, as they were uploaded.</summary>
    /// <exception cref="RejectedException">InvalidPart, InvalidPartOrder, EntityTooSmall.</exception>
    public static ImmutableArray<UploadEvent.PartUploaded> Choose(Upload upload, IReadOnlyList<CompletedPart> listed)
    {
        var parts = ImmutableArray.CreateBuilder<UploadEvent.PartUploaded>(listed.Count);
        var previous = int.MinValue;
        foreach (var (number, _, _) in listed)
        {
            if (number <= previous)
                throw new RejectedException(ErrorCode.InvalidPartOrder);
            previous = number;
        }
        foreach (var (number, etag, checksum) in listed)
        {
            if (!upload.Parts.TryGetValue(number, out var part) || part.ETag != etag)
                throw new RejectedException(ErrorCode.InvalidPart, $"Part {number}.");
            if (checksum is not null && upload.Initiated!.ChecksumAlgorithm is not null && !Has(upload, part, checksum))
                throw new RejectedException(ErrorCode.InvalidPart, $"Part {number} has another checksum.");
            parts.Add(part);
        }
        for (var i = 0; i < parts.Count - 1; i++)
            if (parts[i].Size < Upload.PartSizeLeast)
                throw new RejectedException(ErrorCode.EntityTooSmall, $"Part {parts[i].Number}.");
        return parts.MoveToImmutable();
    }

    /// <summary>Null where a part has none of the upload's algorithm.</summary>
    public static ObjectChecksum? ChecksumOf(Upload upload, ImmutableArray<UploadEvent.PartUploaded> parts)
    {
        if (parts.Any(part => part.Checksum is null))
            return null; // came before a default was taken, or with another than that
        var algorithm = ObjectUpload.AlgorithmOf(upload) ?? IncomingBytes.Default;
        var type = upload.Initiated!.ChecksumType ?? IncomingBytes.FullObject;
        var value =
            type == IncomingBytes.FullObject
                ? Convert.ToBase64String(Whole(algorithm, parts))
                : $"{Convert.ToBase64String(OfChecksums(algorithm, parts))}-{parts.Length}";
        return new(ExpectedChecksum.NameOf(algorithm), value, type);
    }

    /// <summary>Compares what the client says of the whole with what the parts make.</summary>
    /// <exception cref="RejectedException">BadDigest; InvalidRequest for what is malformed, or of another kind than the
    /// upload was begun with.</exception>
    public static void Check(
        IHeaderDictionary headers,
        ImmutableArray<UploadEvent.PartUploaded> parts,
        ObjectChecksum? checksum
    )
    {
        if (headers[S3Headers.ChecksumType] is { Count: > 0 } type && type != checksum?.Type)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                $"The upload was created using the {checksum?.Type ?? "null"} checksum mode. The complete request must "
                    + "use the same checksum mode."
            );
        if (headers["x-amz-mp-object-size"] is { Count: > 0 } announced)
        {
            var size = parts.Sum(part => part.Size);
            if (announced != size.ToString(CultureInfo.InvariantCulture))
                throw new RejectedException(ErrorCode.InvalidRequest, $"The parts have {size} bytes together.");
        }
        foreach (var algorithm in Enum.GetValues<ChecksumAlgorithm>())
            if (headers[ExpectedChecksum.HeaderOf(algorithm)] is { Count: > 0 } value)
                Check(algorithm, value.ToString(), checksum);
    }

    static void Check(ChecksumAlgorithm algorithm, string value, ObjectChecksum? checksum)
    {
        if (checksum?.Algorithm != ExpectedChecksum.NameOf(algorithm))
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                $"The upload was created with the checksum algorithm {checksum?.Algorithm ?? "null"}."
            );
        var dash = value.IndexOf('-', StringComparison.Ordinal);
        _ = ExpectedChecksum.Parse(algorithm, dash < 0 ? value : value[..dash]);
        if (value != checksum.Value && value != checksum.Value.Split('-')[0])
            throw new RejectedException(
                ErrorCode.BadDigest,
                $"The {checksum.Algorithm} you specified did not match the calculated checksum."
            );
    }

    static bool Has(Upload upload, UploadEvent.PartUploaded part, ExpectedChecksum checksum) =>
        upload.Initiated!.ChecksumAlgorithm == ExpectedChecksum.NameOf(checksum.Algorithm)
        && part.Checksum == Convert.ToBase64String(checksum.Value!);

    static byte[] Whole(ChecksumAlgorithm algorithm, ImmutableArray<UploadEvent.PartUploaded> parts)
    {
        var whole = Convert.FromBase64String(parts[0].Checksum!);
        foreach (var part in parts.AsSpan()[1..])
            whole = IncrementalChecksum.Combine(algorithm, whole, Convert.FromBase64String(part.Checksum!), part.Size);
        return whole;
    }

    static byte[] OfChecksums(ChecksumAlgorithm algorithm, ImmutableArray<UploadEvent.PartUploaded> parts)
    {
        using var checksum = new IncrementalChecksum(algorithm);
        foreach (var part in parts)
            checksum.Append(Convert.FromBase64String(part.Checksum!));
        var value = new byte[checksum.SizeBytes];
        checksum.Finish(value);
        return value;
    }
}
