using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c>, <c>PUT</c> and <c>DELETE /{bucket}?encryption</c>: how objects are encrypted that don't say it
/// themselves. Keys of a KMS are not known here.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html"/>
static class BucketEncryptions
{
    const string Root = "ServerSideEncryptionConfiguration";
    const string Default = "ApplyServerSideEncryptionByDefault";

    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var encryption =
            request.Place!.Bucket.Configuration.Encryption
            ?? throw new RejectedException(ErrorCode.ServerSideEncryptionConfigurationNotFound);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("ServerSideEncryptionConfiguration"u8);
        xml.Open("Rule"u8);
        xml.Open("ApplyServerSideEncryptionByDefault"u8);
        xml.Element("SSEAlgorithm"u8, encryption.Algorithm);
        xml.Close("ApplyServerSideEncryptionByDefault"u8);
        xml.Element("BucketKeyEnabled"u8, encryption.BucketKey);
        xml.Close("Rule"u8);
        xml.Close("ServerSideEncryptionConfiguration"u8);
        xml.Complete();
        return Task.CompletedTask;
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = S3XmlReader.Read(await request.ReadDocument(S3Documents.BytesMax, cancel), Root);
        if (document.Children is not [{ Name: "Rule" } rule])
            throw S3XmlReader.Malformed("There must be one Rule.");
        var byDefault =
            rule.Children.FirstOrDefault(part => part.Name == Default)
            ?? throw S3XmlReader.Malformed($"Rule has no {Default}.");
        var encryption = new BucketEncryption(
            byDefault.Required("SSEAlgorithm").Trim() switch
            {
                "AES256" => "AES256",
                "aws:kms" or "aws:kms:dsse" => throw new RejectedException(
                    ErrorCode.NotImplemented,
                    "Encryption by keys of a KMS."
                ),
                var other => throw S3XmlReader.Malformed($"There is no SSEAlgorithm '{other}'."),
            },
            rule["BucketKeyEnabled"]?.Trim() == "true"
        );
        if (byDefault["KMSMasterKeyID"] is not null)
            throw new RejectedException(
                ErrorCode.InvalidArgument,
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
            );
        await BucketChange.Run(
            request,
            at => new BucketConfigurationEvent.EncryptionSet(encryption, at),
            varve,
            cancel
        );
    }

    public static Task Delete(S3Request request, Backend varve, CancellationToken cancel) =>
        BucketChange.Delete(
            request,
            at => new BucketConfigurationEvent.EncryptionSet(Encryption: null, at),
            varve,
            cancel
        );
}
