using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Projections;
using Varve.Tiers;
using Varve.Tiers.Checksums;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}</c> with <c>x-amz-copy-source</c>: another name for the same content. No byte
/// moves.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"/>
static class CopyObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var id = request.Object;
        var replace = Replaces(request.Headers);
        var attributes = RequestedObject.Attributes(request.Headers);
        var condition = RequestedObject.Condition(request.Headers);
        var acl = await RequestedAcl.OfNewObject(request, request.Headers, cancel);
        var wanted = request.Headers[S3Headers.ChecksumAlgorithm] is { Count: > 0 } algorithm
            ? ExpectedChecksum.ParseName(algorithm.ToString())
            : (ChecksumAlgorithm?)null;

        var source = await CopySourceObject.Find(request, varve, cancel);
        var itself = source.Bucket == request.Bucket && source.Key == request.Key;
        if (itself && !replace && request.Headers["x-amz-storage-class"].Count == 0)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                    + "object's metadata, storage class, website redirect location or encryption attributes."
            );

        var checksum = wanted is null ? source.Checksum : await Checksum(wanted.Value, source, request, varve, cancel);
        var command = new ObjectCommand.Put(
            varve.Context(request.Caller.UserName),
            id,
            new ContentFacts(new ContentHash(source.Content), source.Sha1, Md5: null, source.Size, Location: null),
            source.ETag,
            replace ? attributes : source.Attributes,
            checksum,
            ObjectOrigin.Copy,
            $"{source.Bucket}/{source.Key}",
            condition
        )
        {
            Acl = acl,
        };
        var outcome = await varve.Run(command, cancel);
        request.Acknowledge(outcome);
        var made = outcome.State<StoredObject>().Current!;
        Write(request.Xml(), "CopyObjectResult"u8, made.ETag, made.At, made.Checksum);
    }

    /// <summary>What a copy is answered with, of an object as of a part.</summary>
    public static void Write(
        IBufferWriter<byte> output,
        ReadOnlySpan<byte> root,
        string etag,
        DateTimeOffset lastModified,
        ObjectChecksum? checksum
    )
    {
        var xml = new S3XmlWriter(output);
        xml.Begin(root);
        xml.ETag(etag);
        xml.Element("LastModified"u8, lastModified);
        ChecksumAnswer.WriteElements(ref xml, checksum);
        xml.Close(root);
        xml.Complete();
    }

    static bool Replaces(IHeaderDictionary headers) =>
        headers["x-amz-metadata-directive"].ToString() switch
        {
            "" or "COPY" => false,
            "REPLACE" => true,
            var other => throw new RejectedException(ErrorCode.InvalidArgument, $"Unknown metadata directive: {other}"),
        };

    /// <summary>Carried over where it is there; else the content is read once.</summary>
    static async ValueTask<ObjectChecksum?> Checksum(
        ChecksumAlgorithm wanted,
        ObjectRow source,
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        if (
            source.Checksum is { Type: IncomingBytes.FullObject } known
            && known.Algorithm == ExpectedChecksum.NameOf(wanted)
        )
            return known;
        try
        {
            await using var content = await StoredBytes.Open(source, varve, cancel);
            await using var body = new StoredBody(content, 0, source.Size, cancel);
            using var checksum = new IncrementalChecksum(wanted);
            while (await body.Next(cancel) is { IsEmpty: false } piece)
                foreach (var segment in piece)
                    checksum.Append(segment.Span);
            var value = new byte[checksum.SizeBytes];
            checksum.Finish(value);
            return IncomingBytes.WholeChecksum(wanted, value);
        }
        catch (ContentDamagedException damage)
        {
            await StoredBytes.Report(source, damage, request, varve);
            throw;
        }
    }
}
