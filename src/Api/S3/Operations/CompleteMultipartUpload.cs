using System.Buffers;
using System.Collections.Immutable;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary><c>POST /{bucket}/{key}?uploadId</c>: joins the parts to an object. However often it is sent, it is
/// answered
/// as it was the first time, even when the object is another one by then.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"/>
static class CompleteMultipartUpload
{
    /// <summary>
    /// After it, 200 is sent and blanks follow, so that nobody on the way takes a long join for a dead connection; the
    /// verdict then stands in the body.
    /// </summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var condition = RequestedObject.Condition(request.Headers);
        var document = await request.ReadDocument(S3Documents.CompleteBytesMax, cancel);
        var listed = S3Documents.CompleteMultipartUpload(document);
        var upload = await ObjectUpload.Find(request, varve, cancel);
        if (upload.Completed is { } done)
        {
            Write(request.Xml(), request, done, begun: false);
            return;
        }
        if (upload.Status != UploadStatus.Open)
            throw new RejectedException(ErrorCode.NoSuchUpload);

        var parts = JoinedParts.Choose(upload, listed);
        var checksum = JoinedParts.ChecksumOf(upload, parts);
        JoinedParts.Check(request.Headers, upload, parts, checksum);
        await Answer(request, Finish(request, parts, checksum, condition, varve, cancel), cancel);
    }

    static async Task<UploadEvent.Completed> Finish(
        S3Request request,
        ImmutableArray<UploadEvent.PartUploaded> parts,
        ObjectChecksum? checksum,
        WriteCondition condition,
        Backend varve,
        CancellationToken cancel
    )
    {
        var uploadId = request.Query["uploadId"]!;
        var segments = parts.Select(part => new Segment(part.Location, part.Size)).ToList();
        await using var staged = await varve.Tier.Join(uploadId, segments, cancel);
        var command = new UploadCommand.Complete(
            varve.Context(request.Caller.UserName),
            uploadId,
            request.Object,
            parts,
            await varve.Keep(staged, cancel),
            JoinedParts.ETagOf(parts),
            checksum,
            condition
        );
        var outcome = await varve.Run(command, cancel);
        varve.Tier.Forget(uploadId);
        if (!request.Response.HasStarted)
            request.Acknowledge(outcome);
        return outcome.State<Upload>().Completed!;
    }

    static async Task Answer(S3Request request, Task<UploadEvent.Completed> work, CancellationToken cancel)
    {
        var begun = false;
        while (await Task.WhenAny(work, Task.Delay(Silence, cancel)) != work)
        {
            cancel.ThrowIfCancellationRequested();
            Breathe(request.Xml(), begun);
            begun = true;
            await request.Response.BodyWriter.FlushAsync(cancel);
        }
        try
        {
            Write(request.Xml(), request, await work, begun);
        }
        catch (RejectedException refused) when (begun)
        {
            WriteRefusal(request.Response.BodyWriter, request, refused.Rejection);
        }
    }

    static void Breathe(IBufferWriter<byte> output, bool begun)
    {
        var xml = new S3XmlWriter(output);
        if (begun)
            xml.Text(" ");
        else
            xml.Declare();
        xml.Complete();
    }

    static void Write(IBufferWriter<byte> output, S3Request request, UploadEvent.Completed done, bool begun)
    {
        var xml = new S3XmlWriter(output);
        if (!begun)
            xml.Declare();
        xml.Root("CompleteMultipartUploadResult"u8);
        xml.Element("Location"u8, $"{request.Http.Request.Scheme}://{request.Headers.Host}{request.Target.RawPath}");
        xml.Element("Bucket"u8, request.Bucket);
        xml.Element("Key"u8, request.Key);
        xml.ETag(done.ETag);
        ChecksumAnswer.WriteElements(ref xml, done.Checksum);
        xml.Close("CompleteMultipartUploadResult"u8);
        xml.Complete();
    }

    static void WriteRefusal(IBufferWriter<byte> output, S3Request request, Rejection rejection)
    {
        var row = ErrorTable.For(rejection.Code);
        var xml = new S3XmlWriter(output);
        xml.Open("Error"u8);
        xml.Element("Code"u8, row.S3Code);
        xml.Element("Message"u8, S3Dispatcher.MessageOf(row, rejection));
        xml.Element("Resource"u8, request.Target.Resource);
        xml.Element("RequestId"u8, request.Response.Headers[RequestIds.Header].ToString());
        xml.Element("HostId"u8, RequestIds.Host);
        xml.Close("Error"u8);
        xml.Complete();
    }
}
