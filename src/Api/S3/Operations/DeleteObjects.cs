using System.Buffers;
using System.Collections.Frozen;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Tiers.Checksums;

namespace Varve.Api.S3.Operations;

/// <summary><c>POST /{bucket}?delete</c>: up to 1,000 keys, each for itself.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"/>
static class DeleteObjects
{
    /// <summary>In bytes: 1,000 keys of 1,024 bytes, most of which may have to be escaped.</summary>
    const int DocumentMax = 8 * 1024 * 1024;

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var body = await request.ReadDocument(DocumentMax, cancel);
        CheckChecksum(request, body.Span);
        var document = S3Documents.Delete(body);

        // All at once, so that they share the log's commits.
        var outcomes = await Task.WhenAll(document.Keys.Select(key => Delete(request, key, varve, cancel)));
        if (outcomes.Max(deleted => deleted.Outcome.Position) is { } position)
            request.Acknowledge(position);
        Write(request.Xml(), document, outcomes);
    }

    /// <summary>SDKs send a checksum in the place of Content-MD5.</summary>
    static void CheckChecksum(S3Request request, ReadOnlySpan<byte> body)
    {
        if (ExpectedChecksum.FromHeaders(request.Headers) is not { } expected)
            return;
        using var checksum = new IncrementalChecksum(expected.Algorithm);
        checksum.Append(body);
        Span<byte> computed = stackalloc byte[checksum.SizeBytes];
        checksum.Finish(computed);
        expected.Check(computed, FrozenDictionary<string, string>.Empty);
    }

    static async Task<DeletedVersion> Delete(S3Request request, DeletedKey key, Backend varve, CancellationToken cancel)
    {
        try
        {
            var resource = new Resource(request.Place!, key.Key) { VersionId = key.VersionId };
            RequestAccess.Require(request, S3Actions.DeleteObject, resource, varve);
            var id = new ObjectId(BucketName.Parse(request.Bucket), ObjectKey.Parse(key.Key));
            var versionId = key.VersionId is null ? null : VersionedObject.Checked(key.VersionId);
            var condition = new WriteCondition(key.ETag, IfNoneMatch: null, key.LastModified, key.Size);
            return await DeletedVersion.Of(request, id, versionId, condition, varve, cancel);
        }
        catch (RejectedException refused)
        {
            return new(Outcome.Refused(refused.Rejection), key.VersionId, IsMarker: false);
        }
    }

    static void Write(IBufferWriter<byte> output, DeletedKeys document, DeletedVersion[] outcomes)
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("DeleteResult"u8);
        for (var i = 0; i < outcomes.Length; i++)
        {
            var key = document.Keys[i];
            if (outcomes[i].Outcome.Rejection is { } refusal)
            {
                var row = ErrorTable.For(refusal.Code);
                xml.Open("Error"u8);
                xml.Element("Key"u8, key.Key);
                xml.ElementIfAny("VersionId"u8, key.VersionId);
                xml.Element("Code"u8, row.S3Code);
                xml.Element("Message"u8, S3Dispatcher.MessageOf(row, refusal));
                xml.Close("Error"u8);
            }
            else if (!document.Quiet)
            {
                xml.Open("Deleted"u8);
                xml.Element("Key"u8, key.Key);
                xml.ElementIfAny("VersionId"u8, key.VersionId);
                if (outcomes[i].IsMarker)
                {
                    xml.Element("DeleteMarker"u8, value: true);
                    xml.ElementIfAny("DeleteMarkerVersionId"u8, outcomes[i].VersionId);
                }
                xml.Close("Deleted"u8);
            }
        }
        xml.Close("DeleteResult"u8);
        xml.Complete();
    }
}
