using System.Text;
using System.Xml.Linq;
using Varve.Load;

namespace Varve.Crash.Tests.Kill;

/// <summary>A multipart upload of two parts, which can be finished in another life of the server.</summary>
sealed class S3Upload
{
    readonly string path;
    readonly string id;
    readonly Body body;
    readonly int partSize;
    readonly string first;
    readonly Target begunAt;

    S3Upload(Target begunAt, string path, string id, Body body, int partSize, string first) =>
        (this.begunAt, this.path, this.id, this.body, this.partSize, this.first) = (
            begunAt,
            path,
            id,
            body,
            partSize,
            first
        );

    /// <summary>Sends the first part.</summary>
    public static async Task<S3Upload> Begin(
        Target target,
        string path,
        Body body,
        int partSize,
        CancellationToken cancel
    )
    {
        var xml = await target.Text(HttpMethod.Post, path, "uploads=", null, SigV4.Unsigned, cancel);
        var id = Uri.EscapeDataString(
            XDocument.Parse(xml).Descendants().First(e => e.Name.LocalName == "UploadId").Value
        );
        var first = await Part(target, path, id, 1, new BodyContent(body, 0, partSize), cancel);
        return new(target, path, id, body, partSize, first);
    }

    public Task Finish(CancellationToken cancel) => Finish(begunAt, cancel);

    /// <summary>Sends the second part and completes.</summary>
    public async Task Finish(Target target, CancellationToken cancel)
    {
        var rest = new BodyContent(body, partSize, body.Size - partSize);
        var second = await Part(target, path, id, 2, rest, cancel);
        var xml = Encoding.UTF8.GetBytes(
            $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{first}</ETag></Part>"
                + $"<Part><PartNumber>2</PartNumber><ETag>{second}</ETag></Part></CompleteMultipartUpload>"
        );
        var answer = await target.Text(
            HttpMethod.Post,
            path,
            $"uploadId={id}",
            new ByteArrayContent(xml),
            SigV4.Unsigned,
            cancel
        );
        if (!answer.Contains("CompleteMultipartUploadResult", StringComparison.Ordinal))
            throw new ReplyException($"complete {path}: {answer}");
    }

    static async Task<string> Part(
        Target target,
        string path,
        string id,
        int number,
        HttpContent content,
        CancellationToken cancel
    )
    {
        using var reply = await target.Send(
            HttpMethod.Put,
            path,
            $"partNumber={number}&uploadId={id}",
            content,
            stop: cancel
        );
        return reply.Headers.ETag!.Tag;
    }
}
