using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET, PUT, DELETE /{bucket}?encryption</c>: what objects get that ask for no encryption: SSE-S3, or none.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html"/>
static class BucketEncryption
{
    public static async Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var bucket = await varve.Read(Bucket.Decider, BucketName.Parse(request.Bucket).Stream, cancel);
        if (!bucket.Encrypted)
            throw new RejectedException(ErrorCode.EncryptionConfigurationNotFound);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("ServerSideEncryptionConfiguration"u8);
        xml.Open("Rule"u8);
        xml.Open("ApplyServerSideEncryptionByDefault"u8);
        xml.Element("SSEAlgorithm"u8, EncryptionHeaders.Aes256);
        xml.Close("ApplyServerSideEncryptionByDefault"u8);
        xml.Element("BucketKeyEnabled"u8, value: false);
        xml.Close("Rule"u8);
        xml.Close("ServerSideEncryptionConfiguration"u8);
        xml.Complete();
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var body = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var rules = S3XmlReader.Read(body, "ServerSideEncryptionConfiguration").Children;
        if (
            rules.Count != 1
            || rules[0].Children.FirstOrDefault(c => c.Name == "ApplyServerSideEncryptionByDefault")
                is not { } byDefault
        )
            throw S3XmlReader.Malformed("One Rule, with ApplyServerSideEncryptionByDefault in it.");
        switch (byDefault.Required("SSEAlgorithm").Trim())
        {
            case EncryptionHeaders.Aes256:
                await Set(request, encrypted: true, varve, cancel);
                break;
            case "aws:kms" or "aws:kms:dsse":
                throw new RejectedException(ErrorCode.NotImplemented, "SSEAlgorithm: only AES256.");
            default:
                throw S3XmlReader.Malformed("SSEAlgorithm.");
        }
    }

    public static async Task Delete(S3Request request, Backend varve, CancellationToken cancel)
    {
        await Set(request, encrypted: false, varve, cancel);
        request.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    static async Task Set(S3Request request, bool encrypted, Backend varve, CancellationToken cancel)
    {
        var context = varve.Context(request.Caller.UserName);
        var command = new BucketCommand.SetEncryption(context, BucketName.Parse(request.Bucket), encrypted);
        request.Acknowledge(await varve.Run(command, cancel));
    }
}
