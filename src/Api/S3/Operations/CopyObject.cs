using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}</c> with <c>x-amz-copy-source</c>: another name for the same content. No byte moves,
/// unless what was plain becomes encrypted, or the other way round.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"/>
static class CopyObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var id = request.Object;
        var replace = Replaces(request.Headers, "metadata");
        var replaceTags = Replaces(request.Headers, "tagging");
        var (tags, held) = (RequestedTags.OfNewObject(request, varve), RequestedLock.OfNewObject(request, varve));
        var attributes = RequestedObject.Attributes(request.Headers);
        var condition = RequestedObject.Condition(request.Headers);
        var acl = await RequestedAcl.OfNewObject(request, varve, cancel);
        var wanted = request.Headers[S3Headers.ChecksumAlgorithm] is { Count: > 0 } algorithm
            ? ExpectedChecksum.ParseName(algorithm.ToString())
            : (ChecksumAlgorithm?)null;

        var (source, itself) = await CopySourceObject.Find(request, withTags: !replaceTags, varve, cancel);
        if (itself && !replace && !replaceTags && !ChangesPlace(request.Headers))
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                    + "object's metadata, storage class, website redirect location or encryption attributes."
            );

        await RequestedObject.Check(id, condition, varve, cancel);
        var copied = await CopiedContent.Of(source, wanted, request, varve, cancel);
        var command = new ObjectCommand.Put(
            varve.Context(request.Caller.UserName),
            id,
            copied.Content,
            copied.ETag,
            replace ? attributes : RequestedObject.Copied(source.Attributes, attributes),
            copied.Checksum,
            ObjectOrigin.Copy,
            $"{source.Bucket}/{source.Key}",
            condition,
            copied.Upload,
            copied.Encryption,
            source.Size
        )
        {
            Tags = replaceTags ? tags : source.Tags,
            Lock = held,
            Acl = acl,
        };
        var outcome = await varve.Run(command, cancel);
        request.Acknowledge(outcome);
        request.Tell(copied.Encryption);
        var made = outcome.State<StoredObject>().Current!;
        VersionedObject.TellMade(request, made);
        Write(request.Xml(), made);
    }

    static void Write(IBufferWriter<byte> output, ObjectEvent.Put made)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("CopyObjectResult"u8);
        xml.ETag(made.ETag);
        xml.Element("LastModified"u8, made.At);
        ChecksumAnswer.WriteElements(ref xml, made.Checksum);
        xml.Close("CopyObjectResult"u8);
        xml.Complete();
    }

    /// <summary>What makes another object of it, beside its metadata.</summary>
    static bool ChangesPlace(IHeaderDictionary headers) =>
        headers.Any(header =>
            header.Key.StartsWith(EncryptionHeaders.Server, StringComparison.OrdinalIgnoreCase)
            || header.Key.Equals(StorageClass.Header, StringComparison.OrdinalIgnoreCase)
            || header.Key.Equals(RequestedObject.RedirectLocation, StringComparison.OrdinalIgnoreCase)
        );

    /// <param name="what">Of <c>x-amz-…-directive</c>.</param>
    static bool Replaces(IHeaderDictionary headers, string what) =>
        headers[$"x-amz-{what}-directive"].ToString() switch
        {
            "" or "COPY" => false,
            "REPLACE" => true,
            var other => throw new RejectedException(ErrorCode.InvalidArgument, $"Unknown {what} directive: {other}"),
        };
}
