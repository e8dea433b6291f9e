using System.Buffers;
using System.Collections.Immutable;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Tiers;
using Varve.Tiers.Encryption;

namespace Varve.Api.S3.Operations;

/// <summary><c>POST /{bucket}/{key}?uploadId</c>: joins the parts to an object. However often it is sent, it is
/// answered as it was the first time, even when the object is another one by then.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"/>
static class CompleteMultipartUpload
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var condition = RequestedObject.Condition(request.Headers);
        var document = await request.ReadDocument(S3Documents.CompleteBytesMax, cancel);
        var listed = S3Documents.CompleteMultipartUpload(document);
        var upload = await ObjectUpload.Find(request, varve, cancel);
        if (upload.Completed is { } done)
        {
            await request.AcknowledgeAgain(varve, cancel);
            TellVersion(request, done);
            request.Tell(upload.Initiated!.Encryption);
            Write(request.Xml(), request, done, begun: false);
            return;
        }
        if (upload.Status != UploadStatus.Open)
            throw new RejectedException(ErrorCode.NoSuchUpload);

        // Nothing is read with it, and not every client shows it here: but if it does, it must be the right one.
        if (request.CustomerKey(CustomerKeyHeaders.Own) is not null)
            _ = request.KeyOf(upload.Initiated!.Encryption, varve);
        var parts = JoinedParts.Choose(upload, listed);
        var checksum = JoinedParts.ChecksumOf(upload, parts);
        JoinedParts.Check(request.Headers, parts, checksum);
        await RequestedObject.Check(request.Object, condition, varve, cancel);
        request.Tell(upload.Initiated!.Encryption);
        await Answer(request, Finish(request, parts, checksum, condition, varve, cancel), varve, cancel);
    }

    static async Task<Outcome> Finish(
        S3Request request,
        ImmutableArray<UploadEvent.PartUploaded> parts,
        ObjectChecksum? checksum,
        WriteCondition condition,
        Backend varve,
        CancellationToken cancel
    )
    {
        var uploadId = request.Query["uploadId"]!;
        var segments = parts.Select(part => new Segment(part.Location, StoredSize(part))).ToList();
        await using var staged = await varve.Tier.Join(uploadId, segments, cancel);
        var context = varve.Context(request.Caller.UserName);
        UploadCommand.Complete Complete(ContentFacts facts) =>
            new(context, uploadId, request.Object, parts, facts, Upload.ETagOf(parts), checksum, condition);
        var outcome = await varve.Keep(staged, facts => varve.Run(Complete(facts), cancel), cancel);
        varve.Tier.Forget(uploadId);
        return outcome;
    }

    static long StoredSize(UploadEvent.PartUploaded part) =>
        part.Salt is null ? part.Size : ChunkCipher.SealedSize(part.Size);

    /// <param name="work">Has ended when this returns, whatever became of the client: it uses the request.</param>
    static async Task Answer(S3Request request, Task<Outcome> work, Backend varve, CancellationToken cancel)
    {
        var begun = false;
        while (!await Ends(work, request.Options.SilenceMax))
        {
            Breathe(request.Xml(), begun);
            begun = true;
            await request.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
        try
        {
            var outcome = await work;
            if (!begun && outcome.Position is { } position)
                request.Acknowledge(position);
            else if (!begun)
                await request.AcknowledgeAgain(varve, cancel);
            var done = outcome.State<Upload>().Completed!;
            if (!begun)
                TellVersion(request, done);
            Write(request.Xml(), request, done, begun);
        }
        catch (RejectedException refused) when (begun)
        {
            S3Dispatcher.WriteError(request.Response, refused.Rejection, request.Target.Resource, begun);
        }
    }

    static void TellVersion(S3Request request, UploadEvent.Completed done)
    {
        if (done.VersionId is { } versionId)
            request.Response.Headers[S3Headers.VersionId] = versionId;
    }

    static async Task<bool> Ends(Task work, TimeSpan silence)
    {
        await work.WaitAsync(silence, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return work.IsCompleted;
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
}
