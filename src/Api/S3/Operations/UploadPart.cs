using System.Globalization;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Uploads;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}?partNumber&amp;uploadId</c>: in any order, in parallel, and again.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html"/>
static class UploadPart
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var number = NumberOf(request);
        RequestedObject.RefuseUnsupported(request.Headers);
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
        await using var staged = await IncomingBytes.Stage(request, varve, expected, algorithm, cancel);
        await Add(request, number, upload, staged, varve, cancel);
        request.Response.Headers.ETag = ETags.Quote(Convert.ToHexStringLower(staged.Md5!));
        if (algorithm is { } taken)
            request.Response.Headers[ExpectedChecksum.HeaderOf(taken)] = Convert.ToBase64String(staged.Checksum!);
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
    public static async Task<UploadEvent.PartUploaded> Add(
        S3Request request,
        int number,
        Upload upload,
        StagedContent staged,
        Backend varve,
        CancellationToken cancel
    )
    {
        var uploadId = request.Query["uploadId"]!;
        var checksum = upload.Initiated!.ChecksumAlgorithm is null ? null : Convert.ToBase64String(staged.Checksum!);
        var identity = (staged.Size, Convert.ToHexStringLower(staged.Md5!), checksum);
        if (upload.Parts.TryGetValue(number, out var there) && (there.Size, there.ETag, there.Checksum) == identity)
        {
            await request.AcknowledgeAgain(varve, cancel);
            return there;
        }
        var context = varve.Context(request.Caller.UserName);
        var outcome = await varve.AddPart(context, uploadId, number, staged, checksum, cancel);
        request.Acknowledge(outcome);
        return outcome.State<Upload>().Parts[number];
    }
}
