using System.Buffers;
using System.IO.Pipelines;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>A body that is its bytes and nothing else. Pieces are slices of the server's own buffers.</summary>
/// <param name="length">Content-Length, in bytes; a body that ends earlier is refused.</param>
public sealed class PlainBody(PipeReader reader, long length) : RequestBody
{
    readonly BodyPipe pipe = new(reader);
    long left = length;

    public override long? AnnouncedLength { get; } = length;

    /// <exception cref="RejectedException">IncompleteBody, RequestTimeout, EntityTooLarge.</exception>
    public override async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        if (left == 0)
            return default;
        while (pipe.Unread.IsEmpty)
            await pipe.Fill(cancel);
        var piece = pipe.Take(Math.Min(left, pipe.Unread.Length));
        left -= piece.Length;
        return piece;
    }

    public override void Dispose() => pipe.Dispose();
}
