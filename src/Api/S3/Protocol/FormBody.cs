using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Net.Http.Headers;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>
/// A form as browsers upload one (<c>multipart/form-data</c>): the fields before the file first, then the file as a
/// body, piece by piece, out of the server's own buffers. What follows the file is not looked at. Not thread-safe.
/// </summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc7578"/>
public sealed class FormBody : RequestBody
{
    /// <summary>All that may stand before the file, in bytes.</summary>
    public const int FieldsMax = 20 * 1024;

    const string FileField = "file";
    const int HeadersMax = 4 * 1024;

    readonly BodyPipe pipe;

    /// <summary>A line end, two dashes and the boundary: what ends a part.</summary>
    readonly byte[] delimiter;

    bool ended;

    FormBody(PipeReader reader, string boundary)
    {
        pipe = new BodyPipe(reader);
        delimiter = Encoding.UTF8.GetBytes($"\r\n--{boundary}");
    }

    /// <summary>By name, in any case; of equal names the first counts.</summary>
    public Dictionary<string, string> Fields { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>As the browser has it; empty where it did not say.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>The fewest and the most bytes that the file may have.</summary>
    public (long Least, long Most) SizeRange { get; set; } = (0, long.MaxValue);

    /// <summary>Of the file so far, in bytes.</summary>
    public long Size { get; private set; }

    public override long? AnnouncedLength => null;

    /// <summary>Reads up to the file's first byte.</summary>
    /// <exception cref="RejectedException">PreconditionFailed: it is no form; MalformedPostRequest; InvalidArgument:
    /// there is no file; MaxPostPreDataLengthExceeded; or what the pipe throws.</exception>
    public static async ValueTask<FormBody> Open(PipeReader reader, string? contentType, CancellationToken cancel)
    {
        if (
            !MediaTypeHeaderValue.TryParse(contentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        )
            throw new RejectedException(
                ErrorCode.PreconditionFailed,
                "Bucket POST must be of the enclosure-type multipart/form-data"
            );
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > 70)
            throw new RejectedException(ErrorCode.MalformedPostRequest, "There is no boundary.");
        var form = new FormBody(reader, boundary);
        try
        {
            await form.ReadFields(cancel);
            return form;
        }
        catch
        {
            form.Dispose();
            throw;
        }
    }

    /// <exception cref="RejectedException">EntityTooLarge, EntityTooSmall by <see cref="SizeRange"/>; IncompleteBody.
    /// </exception>
    public override async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        while (!ended)
        {
            var piece = TakeUpToDelimiter();
            Size += piece.Length;
            if (Size > SizeRange.Most)
                throw new RejectedException(
                    ErrorCode.EntityTooLarge,
                    "Your proposed upload exceeds the maximum allowed size"
                );
            if (!piece.IsEmpty)
                return piece;
            if (!ended)
                await pipe.Fill(cancel);
        }
        return Size >= SizeRange.Least
            ? default
            : throw new RejectedException(
                ErrorCode.EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            );
    }

    public override void Dispose() => pipe.Dispose();

    /// <summary>What surely belongs to the file: the end of what came may be the beginning of the delimiter.</summary>
    ReadOnlySequence<byte> TakeUpToDelimiter()
    {
        var reader = new SequenceReader<byte>(pipe.Unread);
        ended = reader.TryReadTo(out ReadOnlySequence<byte> content, delimiter, advancePastDelimiter: false);
        return pipe.Take(ended ? content.Length : Math.Max(0, pipe.Unread.Length - delimiter.Length + 1));
    }

    async ValueTask ReadFields(CancellationToken cancel)
    {
        var left = FieldsMax;
        // The first delimiter has no line end before it; what stands before it is not part of the form.
        await TakeText(delimiter.AsMemory(2), left, cancel);
        while (true)
        {
            if (await TakeText("\r\n"u8.ToArray(), 16, cancel) is not "")
                throw NoFile(); // "--", behind the last part, or something that is no form
            var headers = await TakeText("\r\n\r\n"u8.ToArray(), HeadersMax, cancel);
            left -= headers.Length;
            var (name, fileName) = Disposition(headers);
            if (name.Equals(FileField, StringComparison.OrdinalIgnoreCase))
            {
                FileName = fileName;
                return;
            }
            var value = await TakeText(delimiter, left, cancel);
            left -= value.Length;
            Fields.TryAdd(name, value);
        }
    }

    async ValueTask<string> TakeText(ReadOnlyMemory<byte> end, int most, CancellationToken cancel)
    {
        while (true)
        {
            if (TryTake(end.Span, most) is { } text)
                return text;
            if (pipe.Unread.Length > most + end.Length)
                throw new RejectedException(ErrorCode.MaxPostPreDataLengthExceeded);
            await pipe.Fill(cancel);
        }
    }

    string? TryTake(ReadOnlySpan<byte> end, int most)
    {
        var reader = new SequenceReader<byte>(pipe.Unread);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> text, end, advancePastDelimiter: true))
            return null;
        if (text.Length > most)
            throw new RejectedException(ErrorCode.MaxPostPreDataLengthExceeded);
        var read = Encoding.UTF8.GetString(text);
        pipe.Take(reader.Consumed);
        return read;
    }

    static (string Name, string FileName) Disposition(string headers)
    {
        const string Header = "content-disposition:";
        var line = headers
            .Split("\r\n")
            .FirstOrDefault(line => line.StartsWith(Header, StringComparison.OrdinalIgnoreCase));
        if (!ContentDispositionHeaderValue.TryParse(line?[Header.Length..].Trim(), out var disposition))
            throw new RejectedException(ErrorCode.MalformedPostRequest, "A part has no Content-Disposition.");
        var fileName = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
        return (
            HeaderUtilities.RemoveQuotes(disposition.Name).ToString(),
            HeaderUtilities.RemoveQuotes(fileName).ToString()
        );
    }

    static RejectedException NoFile() =>
        new(ErrorCode.InvalidArgument, "POST requires exactly one file upload per request.");
}
