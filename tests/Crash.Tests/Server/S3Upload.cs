using System.Text;
using System.Xml.Linq;
using Varve.Load;

namespace Varve.Server.Tests;

/// <summary>A multipart upload whose first part is sent, and which can be finished in another life of the server.
/// </summary>
public sealed class S3Upload
{
    readonly string path;
    readonly string id;
    readonly Body body;
    readonly int partSize;
    readonly string[] tags;

    S3Upload(string path, string id, Body body, int partSize)
    {
        (this.path, this.id, this.body, this.partSize) = (path, id, body, partSize);
        tags = new string[(body.Size + partSize - 1) / partSize];
    }

    /// <summary>Begins it and sends the first part.</summary>
    /// <param name="partSize">Bytes; at least 5 MiB where there is more than one part.</param>
    public static async Task<S3Upload> Begin(
        Target target,
        string path,
        Body body,
        int partSize,
        CancellationToken cancel
    )
    {
        var xml = await target.Text(HttpMethod.Post, path, "uploads=", null, SigV4.Unsigned, cancel);
        var id = XDocument.Parse(xml).Descendants().First(e => e.Name.LocalName == "UploadId").Value;
        var upload = new S3Upload(path, Uri.EscapeDataString(id), body, partSize);
        await upload.Part(target, 0, cancel);
        return upload;
    }

    /// <summary>Sends the other parts, four at a time, and completes.</summary>
    public async Task Finish(Target target, CancellationToken cancel)
    {
        var limits = new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancel };
        await Parallel.ForAsync(1, tags.Length, limits, async (i, stop) => await Part(target, i, stop));
        var parts = tags.Select((tag, i) => $"<Part><PartNumber>{i + 1}</PartNumber><ETag>{tag}</ETag></Part>");
        var xml = $"<CompleteMultipartUpload>{string.Concat(parts)}</CompleteMultipartUpload>";
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(xml));
        var answer = await target.Text(HttpMethod.Post, path, $"uploadId={id}", content, SigV4.Unsigned, cancel);
        if (!answer.Contains("CompleteMultipartUploadResult", StringComparison.Ordinal))
            throw new ReplyException($"complete {path}: {answer}");
    }

    async Task Part(Target target, int index, CancellationToken cancel)
    {
        var start = (long)index * partSize;
        using var content = new BodyContent(body, start, Math.Min(partSize, body.Size - start));
        var query = $"partNumber={index + 1}&uploadId={id}";
        using var reply = await target.Send(HttpMethod.Put, path, query, content, stop: cancel);
        tags[index] = reply.Headers.ETag!.Tag;
    }
}
