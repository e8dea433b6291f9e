using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>
/// Decodes aws-chunked: <c>size[;chunk-signature=…]CRLF bytes CRLF</c>, a chunk of size 0 at the end, and trailers
/// behind it. Pieces are slices of the server's own buffers. A piece is handed on before its chunk's signature is
/// known to be right; the end of the body is reported only when all of them were.
/// </summary>
/// <remarks>
/// AWS asks for chunks of at least 8 KiB but the last. Here small ones are taken too: nothing depends on their size,
/// and not every client knows the rule.
/// </remarks>
/// <param name="decodedLength">Of the payload, in bytes. Neither more nor less may come.</param>
/// <param name="signatures">Null where chunks are not signed. Disposed with the body.</param>
/// <param name="announcedTrailer">The checksum header that <c>x-amz-trailer</c> names, in lower case; or null.</param>
/// <param name="endsWithTrailer">Whether signed chunks have a signed trailer behind them.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"/>
public sealed class ChunkedBody(
    PipeReader reader,
    long decodedLength,
    ChunkSignatures? signatures,
    string? announcedTrailer,
    bool endsWithTrailer
) : RequestBody
{
    /// <summary>The largest chunk, in bytes: the largest single PUT of S3.</summary>
    public const long ChunkMax = 5L << 30;

    /// <summary>The longest line of framing, in bytes without its end.</summary>
    public const int LineMax = 1024;

    const string TrailerSignature = "x-amz-trailer-signature";

    readonly BodyPipe pipe = new(reader);
    readonly Dictionary<string, string> trailers = new(StringComparer.Ordinal);
    readonly byte[] line = new byte[LineMax];
    readonly byte[] chunkSignature = new byte[ChunkSignatures.Digits];
    State state = State.Head;
    long undecoded = decodedLength;
    long left;

    enum State
    {
        Head,
        Data,
        DataEnd,
        Trailer,
        End,
        Done,
    }

    public override IReadOnlyDictionary<string, string> Trailers => trailers;

    public override long? AnnouncedLength { get; } = decodedLength;

    /// <exception cref="RejectedException">IncompleteBody: broken framing, too few or too many bytes;
    /// InvalidChunkSize, SignatureDoesNotMatch, MalformedTrailer, RequestTimeout, EntityTooLarge.</exception>
    public override async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        while (state != State.Done)
        {
            if (TryStep(out var piece))
            {
                if (!piece.IsEmpty)
                    return piece;
            }
            else
            {
                await pipe.Fill(cancel);
            }
        }
        return default;
    }

    public override void Dispose()
    {
        pipe.Dispose();
        signatures?.Dispose();
    }

    /// <returns>False if the step needs more bytes than there are.</returns>
    bool TryStep(out ReadOnlySequence<byte> piece)
    {
        piece = default;
        if (state == State.Data)
            return TryTakeData(out piece);
        if (state == State.End)
            return TryEnd();
        if (!TryTakeLine(out var text))
            return false;
        if (state == State.Head)
            ReadHead(text);
        else if (state == State.Trailer)
            ReadTrailer(text);
        else if (text.IsEmpty)
            state = State.Head;
        else
            throw BodyPipe.Incomplete("A chunk is longer than its size says.");
        return true;
    }

    bool TryTakeData(out ReadOnlySequence<byte> piece)
    {
        piece = pipe.Take(Math.Min(left, pipe.Unread.Length));
        if (piece.IsEmpty)
            return false;
        signatures?.Append(piece);
        left -= piece.Length;
        if (left == 0)
        {
            signatures?.CheckChunk(chunkSignature);
            state = State.DataEnd;
        }
        return true;
    }

    bool TryEnd()
    {
        if (!pipe.Unread.IsEmpty)
            throw BodyPipe.Incomplete("Bytes follow the end of the chunks.");
        if (!pipe.IsCompleted)
            return false;
        state = State.Done;
        return true;
    }

    /// <summary>A line without its CRLF; valid until the next one.</summary>
    bool TryTakeLine(out ReadOnlySpan<byte> text)
    {
        text = default;
        var window = pipe.Unread.Slice(0, Math.Min(pipe.Unread.Length, LineMax + 2));
        var search = new SequenceReader<byte>(window);
        if (!search.TryReadTo(out ReadOnlySequence<byte> found, "\r\n"u8))
            return window.Length < LineMax + 2
                ? false
                : throw BodyPipe.Incomplete("A line of the framing is too long.");
        found.CopyTo(line);
        text = line.AsSpan(0, (int)found.Length);
        pipe.Take(search.Consumed);
        return true;
    }

    void ReadHead(ReadOnlySpan<byte> text)
    {
        if (!Utf8Parser.TryParse(text, out long size, out var digits, 'x') || size < 0)
            throw BodyPipe.Incomplete("A chunk does not begin with its size.");
        if (size > ChunkMax)
            throw new RejectedException(ErrorCode.InvalidChunkSize, "A chunk is larger than 5 GiB.");
        ReadChunkSignature(text[digits..]);
        if (size > undecoded || (size == 0 && undecoded > 0))
            throw BodyPipe.Incomplete(
                "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header"
            );

        undecoded -= size;
        left = size;
        state = size == 0 ? State.Trailer : State.Data;
        if (size == 0)
            signatures?.CheckChunk(chunkSignature);
    }

    void ReadChunkSignature(ReadOnlySpan<byte> extension)
    {
        var prefix = signatures is null ? default : ";chunk-signature="u8;
        var expected = signatures is null ? 0 : prefix.Length + ChunkSignatures.Digits;
        if (extension.Length != expected || !extension.StartsWith(prefix))
            throw BodyPipe.Incomplete("What follows a chunk's size is malformed.");
        extension[prefix.Length..].CopyTo(chunkSignature);
    }

    void ReadTrailer(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            EndTrailers();
            return;
        }
        var colon = text.IndexOf((byte)':');
        if (colon <= 0)
            throw Malformed("A trailer is a name, a colon and a value.");
        var name = Encoding.ASCII.GetString(text[..colon]).ToLowerInvariant();
        // AWS's documentation writes trailers with a line feed before their CRLF, and some clients follow it.
        var value = Encoding.ASCII.GetString(text[(colon + 1)..].Trim(" \t\n"u8));
        var isSignature = signatures is not null && endsWithTrailer && name == TrailerSignature;
        if ((!isSignature && name != announcedTrailer) || !trailers.TryAdd(name, value))
            throw Malformed($"The trailer {name} was not announced, or came twice.");
    }

    void EndTrailers()
    {
        if (announcedTrailer is not null && !trailers.ContainsKey(announcedTrailer))
            throw Malformed($"The trailer {announcedTrailer} was announced and did not come.");
        if (signatures is not null && endsWithTrailer)
        {
            if (!trailers.Remove(TrailerSignature, out var signature))
                throw Malformed("The trailer's signature did not come.");
            if (announcedTrailer is not null)
                signatures.Append(Encoding.ASCII.GetBytes($"{announcedTrailer}:{trailers[announcedTrailer]}\n"));
            signatures.CheckTrailer(Encoding.ASCII.GetBytes(signature));
        }
        state = State.End;
    }

    static RejectedException Malformed(string detail) => new(ErrorCode.MalformedTrailer, detail);
}
