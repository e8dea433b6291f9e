using System.Buffers;
using System.Security.Cryptography;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Uploads;

namespace Varve.Api.S3.Operations;

/// <summary><c>POST /{bucket}/{key}?uploads</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html"/>
static class CreateMultipartUpload
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var id = request.Object;
        var attributes = RequestedObject.Attributes(request.Headers);
        var (tags, held) = (RequestedTags.OfNewObject(request, varve), RequestedLock.OfNewObject(request, varve));
        var (algorithm, type) = ChecksumOf(request.Headers);
        var acl = await RequestedAcl.OfNewObject(request, varve, cancel);
        var uploadId = RandomNumberGenerator.GetHexString(ObjectUpload.IdDigits, lowercase: true);
        var key = (await request.WantedEncryption(varve, cancel))?.NewKey(varve);
        var context = varve.Context(request.Caller.UserName);
        var command = new UploadCommand.Init(context, uploadId, id, attributes, algorithm, type, Plan: null, key?.Kept)
        {
            Tags = tags,
            Lock = held,
            Acl = acl,
        };
        request.Acknowledge(await varve.Run(command, cancel));
        request.Tell(key?.Kept);

        if (algorithm is not null)
        {
            request.Response.Headers[S3Headers.ChecksumAlgorithm] = algorithm;
            request.Response.Headers[S3Headers.ChecksumType] = type;
        }
        Write(request.Xml(), request, uploadId);
    }

    static void Write(IBufferWriter<byte> output, S3Request request, string uploadId)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("InitiateMultipartUploadResult"u8);
        xml.Element("Bucket"u8, request.Bucket);
        xml.Element("Key"u8, request.Key);
        xml.Element("UploadId"u8, uploadId);
        xml.Close("InitiateMultipartUploadResult"u8);
        xml.Complete();
    }

    /// <summary>CRC64NVME is of the whole only, the SHAs of the parts only, and the older CRCs can be either.</summary>
    /// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"/>
    static (string? Algorithm, string? Type) ChecksumOf(IHeaderDictionary headers)
    {
        var type = headers[S3Headers.ChecksumType].ToString();
        if (headers[S3Headers.ChecksumAlgorithm] is not { Count: > 0 } name)
            return type.Length == 0
                ? (null, null)
                : throw Invalid(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
                );

        var algorithm = ExpectedChecksum.NameOf(ExpectedChecksum.ParseName(name.ToString()));
        if (type is not ("" or IncomingBytes.FullObject or IncomingBytes.Composite))
            throw Invalid("Value for x-amz-checksum-type header is invalid.");
        var only = algorithm switch
        {
            "CRC64NVME" => IncomingBytes.FullObject,
            "SHA1" or "SHA256" => IncomingBytes.Composite,
            _ => null,
        };
        if (type.Length > 0 && only is not null && type != only)
            throw Invalid(
                $"The {type} checksum type cannot be used with the {algorithm.ToLowerInvariant()} checksum algorithm."
            );
        return (algorithm, type.Length > 0 ? type : only ?? IncomingBytes.Composite);
    }

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidRequest, detail);
}
