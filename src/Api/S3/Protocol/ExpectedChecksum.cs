using System.Security.Cryptography;
using System.Text;
using Varve.Domain;
using Varve.Tiers;

namespace Varve.Api.S3.Protocol;

/// <summary>The checksum that the client says its bytes have.</summary>
/// <param name="Value">Big-endian; null where it comes in the trailer.</param>
public sealed record ExpectedChecksum(ChecksumAlgorithm Algorithm, byte[]? Value)
{
    const string Prefix = "x-amz-checksum-";

    /// <summary>Such as <c>x-amz-checksum-crc32</c>: the header that carries it, in and out.</summary>
    public string Header => HeaderOf(Algorithm);

    public static string HeaderOf(ChecksumAlgorithm algorithm) =>
        algorithm switch
        {
            ChecksumAlgorithm.Crc32 => "x-amz-checksum-crc32",
            ChecksumAlgorithm.Crc32C => "x-amz-checksum-crc32c",
            ChecksumAlgorithm.Crc64Nvme => "x-amz-checksum-crc64nvme",
            ChecksumAlgorithm.Sha1 => "x-amz-checksum-sha1",
            ChecksumAlgorithm.Sha256 => "x-amz-checksum-sha256",
        };

    /// <summary>As in <c>x-amz-checksum-algorithm</c> and <c>ChecksumCRC32</c>.</summary>
    public static string NameOf(ChecksumAlgorithm algorithm) =>
        algorithm switch
        {
            ChecksumAlgorithm.Crc32 => "CRC32",
            ChecksumAlgorithm.Crc32C => "CRC32C",
            ChecksumAlgorithm.Crc64Nvme => "CRC64NVME",
            ChecksumAlgorithm.Sha1 => "SHA1",
            ChecksumAlgorithm.Sha256 => "SHA256",
        };

    /// <summary>In bytes.</summary>
    public static int SizeOf(ChecksumAlgorithm algorithm) =>
        algorithm switch
        {
            ChecksumAlgorithm.Crc32 or ChecksumAlgorithm.Crc32C => 4,
            ChecksumAlgorithm.Crc64Nvme => 8,
            ChecksumAlgorithm.Sha1 => SHA1.HashSizeInBytes,
            ChecksumAlgorithm.Sha256 => SHA256.HashSizeInBytes,
        };

    /// <exception cref="RejectedException">InvalidRequest for a name that S3 does not know.</exception>
    public static ChecksumAlgorithm ParseName(string name)
    {
        foreach (var algorithm in Enum.GetValues<ChecksumAlgorithm>())
            if (NameOf(algorithm).Equals(name, StringComparison.OrdinalIgnoreCase))
                return algorithm;
        throw Invalid(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                + "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
        );
    }

    /// <summary>Reads what <c>x-amz-checksum-*</c>, <c>x-amz-trailer</c> and <c>x-amz-sdk-checksum-algorithm</c> say
    /// together.</summary>
    /// <returns>Null where the client sends no checksum.</returns>
    /// <exception cref="RejectedException">InvalidRequest: several, malformed, unknown or at odds with each
    /// other.</exception>
    public static ExpectedChecksum? FromHeaders(IHeaderDictionary headers)
    {
        ExpectedChecksum? found = null;
        foreach (var (name, value) in headers)
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var suffix = name[Prefix.Length..].ToLowerInvariant();
            if (suffix is "algorithm" or "type" or "mode")
                continue;
            if (found is not null)
                throw Several();
            found = Parse(ParseName(suffix), value.ToString());
        }
        if (AnnouncedTrailer(headers) is { } trailer)
            found = found is null ? new(ParseName(trailer[Prefix.Length..]), null) : throw Several();

        if (headers["x-amz-sdk-checksum-algorithm"] is { Count: > 0 } sdk)
        {
            var algorithm = ParseName(sdk.ToString());
            if (found is null)
                throw Invalid(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                        + "headers were found."
                );
            if (found.Algorithm != algorithm)
                throw Invalid("Value for x-amz-sdk-checksum-algorithm header is invalid.");
        }
        return found;
    }

    /// <param name="base64">Of exactly as many bytes as the algorithm makes.</param>
    /// <exception cref="RejectedException">BadDigest: it is the checksum of nothing.</exception>
    public static ExpectedChecksum Parse(ChecksumAlgorithm algorithm, string base64)
    {
        var value = new byte[SizeOf(algorithm)];
        return IsBase64Of(base64, value)
            ? new(algorithm, value)
            : throw new RejectedException(ErrorCode.BadDigest, $"Value for {HeaderOf(algorithm)} header is invalid.");
    }

    /// <summary>Compares it with what came, once the body has ended.</summary>
    /// <param name="computed">Of this algorithm, big-endian.</param>
    /// <param name="trailers">Of the body; where the value comes in the trailer it is taken from there.</param>
    /// <exception cref="RejectedException">BadDigest; MalformedTrailer where the trailer did not come;
    /// InvalidRequest where it is malformed.</exception>
    public void Check(ReadOnlySpan<byte> computed, IReadOnlyDictionary<string, string> trailers)
    {
        var value = Value;
        if (value is null)
        {
            if (!trailers.TryGetValue(Header, out var text))
                throw new RejectedException(ErrorCode.MalformedTrailer, $"The trailer {Header} did not come.");
            value = Parse(Algorithm, text).Value;
        }
        if (!computed.SequenceEqual(value))
            throw new RejectedException(
                ErrorCode.BadDigest,
                $"The {NameOf(Algorithm)} you specified did not match the calculated checksum."
            );
    }

    /// <returns>16 bytes, or null where there is no Content-MD5.</returns>
    /// <exception cref="RejectedException">InvalidDigest.</exception>
    public static byte[]? ContentMd5(IHeaderDictionary headers)
    {
        if (headers.ContentMD5 is not { Count: > 0 } text)
            return null;
        var md5 = new byte[MD5.HashSizeInBytes];
        return IsBase64Of(text.ToString(), md5)
            ? md5
            : throw new RejectedException(ErrorCode.InvalidDigest, "The Content-MD5 you specified was invalid.");
    }

    /// <summary>The checksum header that <c>x-amz-trailer</c> announces, in lower case; null for none.</summary>
    /// <exception cref="RejectedException">InvalidRequest: it names another header, or several.</exception>
    internal static string? AnnouncedTrailer(IHeaderDictionary headers)
    {
        if (headers["x-amz-trailer"] is not { Count: > 0 } text)
            return null;
        var name = text.ToString().Trim().ToLowerInvariant();
        if (name.Contains(','))
            throw Several();
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            throw Invalid("The value specified in the x-amz-trailer header is not supported");
        return HeaderOf(ParseName(name[Prefix.Length..]));
    }

    static bool IsBase64Of(string base64, Span<byte> value)
    {
        var bytes = Encoding.UTF8.GetBytes(base64);
        return bytes.Length == (value.Length + 2) / 3 * 4
            && System.Buffers.Text.Base64.DecodeFromUtf8(bytes, value, out var consumed, out var written)
                == System.Buffers.OperationStatus.Done
            && consumed == bytes.Length
            && written == value.Length;
    }

    static RejectedException Several() =>
        Invalid("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}
