using System.Buffers;
using System.IO.Pipelines;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>What has come of a request's body and is not yet used. Disposing gives the rest back to the
/// server.</summary>
sealed class BodyPipe(PipeReader reader) : IDisposable
{
    bool reading;

    public ReadOnlySequence<byte> Unread { get; private set; }

    /// <summary>Nothing follows after <see cref="Unread"/>.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Takes the next bytes without copying them: valid until the next <see cref="Fill"/>.</summary>
    public ReadOnlySequence<byte> Take(long length)
    {
        var taken = Unread.Slice(0, length);
        Unread = Unread.Slice(taken.End);
        return taken;
    }

    /// <summary>Waits for more bytes than are unread.</summary>
    /// <exception cref="RejectedException">IncompleteBody: nothing more comes, or the client went away;
    /// RequestTimeout: it is too slow; EntityTooLarge.</exception>
    public async ValueTask Fill(CancellationToken cancel)
    {
        if (IsCompleted)
            throw Incomplete("The request body terminated unexpectedly");
        Release();
        try
        {
            var result = await reader.ReadAsync(cancel);
            reading = true;
            (Unread, IsCompleted) = (result.Buffer, result.IsCompleted);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            throw new RejectedException(ErrorCode.RequestTimeout);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new RejectedException(ErrorCode.EntityTooLarge);
        }
        catch (IOException)
        {
            throw Incomplete("The connection ended before the request body did");
        }
    }

    public void Dispose() => Release();

    void Release()
    {
        if (reading)
            reader.AdvanceTo(Unread.Start, Unread.End);
        reading = false;
    }

    public static RejectedException Incomplete(string detail) => new(ErrorCode.IncompleteBody, detail);
}
