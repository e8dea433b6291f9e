using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary>The bytes of an object or of a part on their way in.</summary>
static class IncomingBytes
{
    /// <summary>The largest body, in bytes.</summary>
    public const long SizeMax = 5L << 30;

    public const string FullObject = "FULL_OBJECT";

    public const string Composite = "COMPOSITE";

    /// <summary>Taken of what comes without a checksum, as AWS does.</summary>
    public const ChecksumAlgorithm Default = ChecksumAlgorithm.Crc64Nvme;

    /// <summary>Stages the body, and compares it with every digest that the client sent. Dispose what it returns.
    /// </summary>
    /// <param name="seal">Null where the bytes are kept as they come.</param>
    /// <param name="algorithm">Of a checksum to take; that of <paramref name="expected"/> where there is one.</param>
    /// <exception cref="RejectedException">BadDigest, ContentSha256Mismatch, EntityTooLarge, or what the body throws.
    /// </exception>
    public static async ValueTask<TakenContent> Stage(
        S3Request request,
        Backend varve,
        Seal? seal,
        ExpectedChecksum? expected,
        ChecksumAlgorithm algorithm,
        CancellationToken cancel
    )
    {
        var md5 = ExpectedChecksum.ContentMd5(request.Headers);
        using var body = request.OpenBody();
        if (body.AnnouncedLength > SizeMax)
            throw new RejectedException(ErrorCode.EntityTooLarge);
        if (body.AnnouncedLength is { } announced)
            await varve.RequireRoom(BucketName.Parse(request.Bucket), announced, cancel);
        var payload = request.Signature.Payload;
        var taken = await TakenContent.Stage(
            varve,
            body,
            seal,
            md5 is not null,
            payload.Mode == PayloadMode.Sha256,
            algorithm,
            SizeMax,
            cancel
        );
        try
        {
            payload.Check(taken.Sha256);
            if (md5 is not null && !md5.AsSpan().SequenceEqual(taken.Md5))
                throw new RejectedException(
                    ErrorCode.BadDigest,
                    "The Content-MD5 you specified did not match what we received."
                );
            expected?.Check(taken.Checksum, body.Trailers);
            return taken;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    /// <summary>As it is kept with an object whose bytes came in one piece.</summary>
    public static ObjectChecksum WholeChecksum(ChecksumAlgorithm algorithm, byte[] value) =>
        new(ExpectedChecksum.NameOf(algorithm), Convert.ToBase64String(value), FullObject);
}

/// <summary>How answers tell a checksum.</summary>
static class ChecksumAnswer
{
    public static void WriteHeaders(IHeaderDictionary headers, ObjectChecksum? checksum)
    {
        if (checksum is null)
            return;
        headers[HeaderOf(checksum.Algorithm)] = checksum.Value;
        headers[S3Headers.ChecksumType] = checksum.Type;
    }

    public static string HeaderOf(string algorithm) => ExpectedChecksum.HeaderOf(ExpectedChecksum.ParseName(algorithm));

    public static void WriteElements(ref S3XmlWriter xml, ObjectChecksum? checksum)
    {
        if (checksum is null)
            return;
        WriteValue(ref xml, checksum.Algorithm, checksum.Value);
        xml.Element("ChecksumType"u8, checksum.Type);
    }

    public static void WriteValue(ref S3XmlWriter xml, string? algorithm, string? value)
    {
        if (algorithm is null || value is null)
            return;
        var element = algorithm switch
        {
            "CRC32" => "ChecksumCRC32"u8,
            "CRC32C" => "ChecksumCRC32C"u8,
            "CRC64NVME" => "ChecksumCRC64NVME"u8,
            "SHA1" => "ChecksumSHA1"u8,
            _ => "ChecksumSHA256"u8,
        };
        xml.Element(element, value);
    }
}
