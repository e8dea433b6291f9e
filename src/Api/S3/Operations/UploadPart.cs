using System.Globalization;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Tiers;
using Varve.Tiers.Encryption;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}?partNumber&amp;uploadId</c>: in any order, in parallel, and again.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html"/>
static class UploadPart
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var number = NumberOf(request);
        RequestedObject.RefuseUnsupported(request.Headers);
        ObjectCiphers.RefuseServerKey(request);
        var expected = ExpectedChecksum.FromHeaders(request.Headers);
        var upload = await ObjectUpload.FindOpen(request, varve, cancel);
        var algorithm = ObjectUpload.AlgorithmOf(upload);
        if (expected is not null && algorithm is { } asked && expected.Algorithm != asked)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                $"Checksum Type mismatch occurred, expected checksum Type: {ExpectedChecksum.NameOf(asked)}, "
                    + $"actual checksum Type: {ExpectedChecksum.NameOf(expected.Algorithm)}"
            );

        algorithm ??= expected?.Algorithm;
        var key = PartKey.New(request, number, upload, varve);
        var computed = algorithm ?? IncomingBytes.Default;
        await using var taken = await IncomingBytes.Stage(request, varve, key?.Seal, expected, computed, cancel);
        var part = await Add(request, number, upload, taken, computed, key, varve, cancel);
        request.Response.Headers.ETag = ETags.Quote(part.ETag);
        request.Tell(upload.Initiated!.Encryption);
        if (algorithm is { } known)
            request.Response.Headers[ExpectedChecksum.HeaderOf(known)] = Convert.ToBase64String(taken.Checksum!);
    }

    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static int NumberOf(S3Request request) =>
        int.TryParse(request.Query["partNumber"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is >= 1 and <= Upload.PartsMax
            ? number
            : throw new RejectedException(
                ErrorCode.InvalidArgument,
                $"Part number must be an integer between 1 and {Upload.PartsMax}, inclusive"
            );

    /// <summary>Keeps a staged part and puts it on record. The same part again, such as after an answer that got lost,
    /// is answered from the record: its bytes are there.</summary>
    /// <param name="computed">The algorithm of the checksum that was taken: it is kept if it is the upload's.</param>
    public static async Task<UploadEvent.PartUploaded> Add(
        S3Request request,
        int number,
        Upload upload,
        TakenContent taken,
        ChecksumAlgorithm computed,
        PartKey? key,
        Backend varve,
        CancellationToken cancel
    )
    {
        var uploadId = request.Query["uploadId"]!;
        var isKept = computed == (ObjectUpload.AlgorithmOf(upload) ?? IncomingBytes.Default);
        var (size, etag, checksum) = (taken.Size, taken.ETag, isKept ? Convert.ToBase64String(taken.Checksum!) : null);
        if (
            upload.Parts.TryGetValue(number, out var there)
            && (there.Size, there.ETag, there.Checksum) == (size, etag, checksum)
        )
        {
            await request.AcknowledgeAgain(varve, cancel);
            return there;
        }
        var context = varve.Context(request.Caller.UserName);
        var outcome = await varve.AddPart(
            uploadId,
            number,
            taken.Staged,
            location => new(context, uploadId, number, size, etag, checksum, location, key?.Salt),
            cancel
        );
        request.Acknowledge(outcome);
        return outcome.State<Upload>().Parts[number];
    }
}

/// <summary>What a part is sealed with.</summary>
/// <param name="Salt">Makes the key again, out of the upload's.</param>
sealed record PartKey(Seal Seal, string Salt)
{
    /// <returns>Null where the upload is not encrypted.</returns>
    /// <inheritdoc cref="ObjectCiphers.KeyOf(S3Request, ObjectEncryption?, Backend)"/>
    public static PartKey? New(S3Request request, int number, Upload upload, Backend varve)
    {
        var encryption = upload.Initiated!.Encryption;
        if (request.KeyOf(encryption, varve) is not { } key)
            return null;
        var salt = WrappedKey.NewSalt();
        return new(new(WrappedKey.OfPart(key, number, salt), encryption!.Kind), salt);
    }
}
