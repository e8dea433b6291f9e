using Varve.Api.S3.Protocol;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}?partNumber&amp;uploadId</c> with <c>x-amz-copy-source</c>: a part out of a stored
/// object, or out of a range of it.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html"/>
static class UploadPartCopy
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var number = UploadPart.NumberOf(request);
        RequestedObject.RefuseUnsupported(request.Headers);
        var upload = await ObjectUpload.FindOpen(request, varve, cancel);
        var (source, _) = await CopySourceObject.Find(request, varve, cancel);
        var (offset, length) = request.Headers["x-amz-copy-source-range"] is { Count: > 0 } range
            ? CopySource.ParseRange(range.ToString(), source.Size)
            : (0, source.Size);

        try
        {
            var part = await Copy(request, number, upload, source, offset, length, varve, cancel);
            var checksum = part.Checksum is null
                ? null
                : new ObjectChecksum(
                    upload.Initiated!.ChecksumAlgorithm!,
                    part.Checksum,
                    upload.Initiated.ChecksumType!
                );
            CopyObject.Write(request.Xml(), "CopyPartResult"u8, part.ETag, part.At, checksum);
        }
        catch (ContentDamagedException damage)
        {
            await StoredBytes.Report(source, damage, request, varve);
            throw;
        }
    }

    static async Task<UploadEvent.PartUploaded> Copy(
        S3Request request,
        int number,
        Upload upload,
        ObjectRow source,
        long offset,
        long length,
        Backend varve,
        CancellationToken cancel
    )
    {
        await using var content = await StoredBytes.Open(source, varve, cancel);
        await using var body = new StoredBody(content, offset, length, cancel);
        await using var staged = await varve.Tier.Stage(
            body,
            new(ObjectUpload.AlgorithmOf(upload), IncomingBytes.SizeMax),
            cancel
        );
        return await UploadPart.Add(request, number, upload, staged, varve, cancel);
    }
}
