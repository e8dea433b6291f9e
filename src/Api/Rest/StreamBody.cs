using System.Buffers;
using Varve.Domain;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary>A body on its way in, in pieces of 64 KiB from the pool.</summary>
/// <param name="announced">In bytes; null if the sender did not say.</param>
sealed class StreamBody(Stream stream, long? announced) : IBodySource, IDisposable
{
    const int PieceBytes = 64 * 1024;

    readonly byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);

    public long? AnnouncedLength => announced;

    public void Dispose() => ArrayPool<byte>.Shared.Return(piece);

    public async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        try
        {
            var length = await stream.ReadAtLeastAsync(
                piece.AsMemory(0, PieceBytes),
                PieceBytes,
                throwOnEndOfStream: false,
                cancel
            );
            return new ReadOnlySequence<byte>(piece, 0, length);
        }
        catch (BadHttpRequestException)
        {
            throw; // says itself what is wrong
        }
        catch (IOException) when (!cancel.IsCancellationRequested)
        {
            throw new RejectedException(ErrorCode.IncompleteBody);
        }
    }
}
