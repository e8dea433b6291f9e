using System.Buffers;
using Varve.Api.Encryption;
using Varve.Api.S3.Protocol;
using Varve.Domain.Buckets;
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
        ObjectCiphers.RefuseServerKey(request);
        var upload = await ObjectUpload.FindOpen(request, varve, cancel);
        var (source, _) = await CopySourceObject.Find(request, withTags: false, varve, cancel);
        var (offset, length) = request.Headers["x-amz-copy-source-range"] is { Count: > 0 } range
            ? CopySource.ParseRange(range.ToString(), source.Size)
            : (0, source.Size);
        await varve.RequireRoom(BucketName.Parse(request.Bucket), length, cancel);

        try
        {
            var part = await Copy(request, number, upload, source, offset, length, varve, cancel);
            request.Tell(upload.Initiated!.Encryption);
            Write(request.Xml(), part, upload.Initiated.ChecksumAlgorithm);
        }
        catch (ContentDamagedException damage)
        {
            await varve.ReportDamage(request.Caller.UserName, source, damage);
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
        var key = PartKey.New(request, number, upload, varve);
        var algorithm = ObjectUpload.AlgorithmOf(upload) ?? IncomingBytes.Default;
        var sourceKey = request.KeyOf(source, varve, CustomerKeyHeaders.OfSource);
        await using var content = await varve.Open(source, sourceKey, cancel);
        await using var body = new StoredBody(content, offset, length, cancel);
        await using var taken = await TakenContent.Stage(
            varve,
            body,
            key?.Seal,
            md5: false,
            sha256: false,
            algorithm,
            IncomingBytes.SizeMax,
            cancel
        );
        return await UploadPart.Add(request, number, upload, taken, algorithm, key, varve, cancel);
    }

    static void Write(IBufferWriter<byte> output, UploadEvent.PartUploaded part, string? algorithm)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("CopyPartResult"u8);
        xml.ETag(part.ETag);
        xml.Element("LastModified"u8, part.At);
        ChecksumAnswer.WriteValue(ref xml, algorithm, part.Checksum);
        xml.Close("CopyPartResult"u8);
        xml.Complete();
    }
}
