using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c>, <c>PUT</c> and <c>DELETE /{bucket}?publicAccessBlock</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html"/>
static class PublicAccess
{
    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var block =
            request.Place!.Bucket.Configuration.PublicAccess
            ?? throw new RejectedException(ErrorCode.NoSuchPublicAccessBlockConfiguration);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("PublicAccessBlockConfiguration"u8);
        xml.Element("BlockPublicAcls"u8, block.BlockPublicAcls);
        xml.Element("IgnorePublicAcls"u8, block.IgnorePublicAcls);
        xml.Element("BlockPublicPolicy"u8, block.BlockPublicPolicy);
        xml.Element("RestrictPublicBuckets"u8, block.RestrictPublicBuckets);
        xml.Close("PublicAccessBlockConfiguration"u8);
        xml.Complete();
        return Task.CompletedTask;
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var read = S3XmlReader.Read(document, "PublicAccessBlockConfiguration");
        var block = new PublicAccessBlock(
            IsOn(read, "BlockPublicAcls"),
            IsOn(read, "IgnorePublicAcls"),
            IsOn(read, "BlockPublicPolicy"),
            IsOn(read, "RestrictPublicBuckets")
        );
        await BucketChange.Run(request, at => new BucketConfigurationEvent.PublicAccessSet(block, at), varve, cancel);
    }

    public static Task Delete(S3Request request, Backend varve, CancellationToken cancel) =>
        BucketChange.Delete(
            request,
            at => new BucketConfigurationEvent.PublicAccessSet(Block: null, at),
            varve,
            cancel
        );

    static bool IsOn(XmlPart document, string name) =>
        document[name] is { } text
        && (
            bool.TryParse(text.Trim(), out var on)
                ? on
                : throw S3XmlReader.Malformed($"{name} is neither true nor false.")
        );
}

/// <summary><c>GET</c>, <c>PUT</c> and <c>DELETE /{bucket}?ownershipControls</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html"/>
static class OwnershipControls
{
    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var ownership =
            request.Place!.Bucket.Configuration.Ownership
            ?? throw new RejectedException(ErrorCode.OwnershipControlsNotFound);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("OwnershipControls"u8);
        xml.Open("Rule"u8);
        xml.Element("ObjectOwnership"u8, ownership.ToString());
        xml.Close("Rule"u8);
        xml.Close("OwnershipControls"u8);
        xml.Complete();
        return Task.CompletedTask;
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var read = S3XmlReader.Read(document, "OwnershipControls");
        var ownership =
            read.Children is [{ Name: "Rule" } rule] && Parse(rule.Required("ObjectOwnership").Trim()) is { } known
                ? known
                : throw S3XmlReader.Malformed("There must be one Rule with one ObjectOwnership.");
        await BucketChange.Run(request, at => new BucketConfigurationEvent.OwnershipSet(ownership, at), varve, cancel);
    }

    public static Task Delete(S3Request request, Backend varve, CancellationToken cancel) =>
        BucketChange.Delete(
            request,
            at => new BucketConfigurationEvent.OwnershipSet(Ownership: null, at),
            varve,
            cancel
        );

    public static ObjectOwnership? Parse(string text) =>
        text switch
        {
            nameof(ObjectOwnership.ObjectWriter) => ObjectOwnership.ObjectWriter,
            nameof(ObjectOwnership.BucketOwnerPreferred) => ObjectOwnership.BucketOwnerPreferred,
            nameof(ObjectOwnership.BucketOwnerEnforced) => ObjectOwnership.BucketOwnerEnforced,
            _ => null,
        };
}
