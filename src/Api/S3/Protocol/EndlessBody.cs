using System.Buffers;
using System.IO.Pipelines;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>A body whose length is not told: it came in HTTP's own chunks, of which the server knows the last. Pieces
/// are slices of the server's own buffers.</summary>
public sealed class EndlessBody(PipeReader reader) : RequestBody
{
    readonly BodyPipe pipe = new(reader);

    public override long? AnnouncedLength => null;

    /// <exception cref="RejectedException">IncompleteBody, RequestTimeout, EntityTooLarge.</exception>
    public override async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        while (pipe.Unread.IsEmpty && !pipe.IsCompleted)
            await pipe.Fill(cancel);
        return pipe.Take(pipe.Unread.Length);
    }

    public override void Dispose() => pipe.Dispose();
}
