using System.Collections.Frozen;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary>
/// <c>POST /file/upload</c>: each part <c>file</c> of a form streams into the tier and is a file when its part has
/// ended. Parts before it may say who asks (<c>username</c>, <c>token</c>), and under which name the next file is to be
/// kept (<c>filename</c>, with folders if wanted); without it a file gets its own name, without folders.
/// </summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc7578"/>
static class FormUpload
{
    const int BufferBytes = 64 * 1024;
    const int FieldBytesMax = 64 * 1024;
    const int PartsMax = 1000;
    const int BoundaryMax = 200;

    /// <summary>What of a form is remembered; others may be there.</summary>
    static readonly FrozenSet<string> Fields = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "username",
        "token",
        "filename"
    );

    public static async Task<IResult> Handle(RestRequest request, CancellationToken cancel)
    {
        var http = request.Http;
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var files = new List<FileMeta>();
        // The query or a header may say who asks; else a field does, and it must come before the file.
        var known = http.Request.Headers.Authorization.Count > 0 || request.Find("token") is not null;
        if (known)
            await request.Authenticate();

        var reader = new MultipartReader(BoundaryOf(http.Request), http.Request.Body, BufferBytes);
        for (var number = 0; await NextPart(reader, cancel) is { } part; number++)
        {
            if (number >= PartsMax)
                throw new RejectedException(ErrorCode.InvalidRequest, $"At most {PartsMax} parts in one form.");
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition))
                throw new RejectedException(ErrorCode.InvalidRequest, "A part lacks its Content-Disposition.");
            var field = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
            if (!disposition.IsFileDisposition())
            {
                var value = await ReadField(part, cancel);
                if (Fields.Contains(field))
                    fields[field] = value;
                continue;
            }
            if (!field.Equals("file", StringComparison.OrdinalIgnoreCase))
                throw RestRequest.Wrong(field, "a file's field is named 'file'.");
            if (!known)
                await request.Authenticate(
                    fields.GetValueOrDefault("token"),
                    fields.GetValueOrDefault("username") ?? request.Find("username") ?? ""
                );
            known = true;
            await request.CheckHome(cancel);
            var name = fields.Remove("filename", out var wanted) && wanted.Length > 0 ? wanted : NameOf(disposition);
            files.Add(await Store(request, part, name, number, cancel));
        }
        if (!known)
            throw new RejectedException(ErrorCode.Unauthorized);
        if (files.Count == 0)
            throw RestRequest.Wrong("file", "is missing.");
        return AnswerOf(http, files);
    }

    static async Task<FileMeta> Store(
        RestRequest request,
        MultipartSection part,
        string name,
        int number,
        CancellationToken cancel
    )
    {
        var file = request.File(name);
        using var body = new StreamBody(part.Body, announced: null);
        await using var staged = await request.Varve.Tier.Stage(
            body,
            new StageOptions(Checksum: null, PutValidator.SizeMax),
            cancel
        );
        var context = request.Context($"part {number}");
        var outcome = await StoredFiles.Keep(
            request,
            staged,
            facts => new ObjectCommand.Put(
                context,
                file,
                facts,
                Convert.ToHexStringLower(staged.Md5!),
                new ObjectAttributes(StoredFiles.ContentTypeOf(name, part.ContentType)),
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                WriteCondition.None
            ),
            cancel
        );
        if (outcome.State<StoredObject>().Current?.Content != Convert.ToHexStringLower(staged.Sha256))
            throw RestRequest.KeyReused(); // the answer was to other bytes
        return StoredFiles.MetaOf(outcome, name);
    }

    static IResult AnswerOf(HttpContext http, List<FileMeta> files)
    {
        var json = http
            .Request.GetTypedHeaders()
            .Accept.Any(type => type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase));
        return !json ? TypedResults.Redirect("/file/upload/success")
            : files is [var only] ? Answer.Json(only, RestJson.Readable.FileMeta, 200)
            : Answer.Json(files, RestJson.Readable.IReadOnlyListFileMeta, 200);
    }

    static string BoundaryOf(HttpRequest request)
    {
        if (
            !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        )
            throw new RejectedException(ErrorCode.UnsupportedMediaType, "Send multipart/form-data.");
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= BoundaryMax
            ? boundary
            : throw new RejectedException(ErrorCode.InvalidRequest, "The form's boundary is missing or too long.");
    }

    static async Task<MultipartSection?> NextPart(MultipartReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancel);
        }
        catch (InvalidDataException wrong)
        {
            throw new RejectedException(ErrorCode.InvalidRequest, wrong.Message);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException && !cancel.IsCancellationRequested)
        {
            throw new RejectedException(ErrorCode.IncompleteBody);
        }
    }

    static async Task<string> ReadField(MultipartSection part, CancellationToken cancel)
    {
        var bytes = new byte[FieldBytesMax + 1];
        using var body = new StreamBody(part.Body, announced: null);
        var length = 0;
        while (await body.Next(cancel) is { IsEmpty: false } piece)
        {
            if (length + piece.Length > FieldBytesMax)
                throw new RejectedException(ErrorCode.MaxMessageLengthExceeded, "A form field is too long.");
            System.Buffers.BuffersExtensions.CopyTo(piece, bytes.AsSpan(length));
            length += (int)piece.Length;
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>Its last part: some browsers send the whole path. A quote in it comes as <c>%22</c> from browsers, as
    /// <c>\"</c> from others.</summary>
    /// <seealso href="https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data"/>
    static string NameOf(ContentDispositionHeaderValue disposition)
    {
        var name = disposition.FileNameStar.HasValue
            ? disposition.FileNameStar.ToString()
            : HeaderUtilities
                .RemoveQuotes(disposition.FileName)
                .ToString()
                .Replace("\\\"", "\"", StringComparison.Ordinal)
                .Replace("%22", "\"", StringComparison.Ordinal);
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        return name.Length > 0 ? name : throw RestRequest.Wrong("filename", "the file has no name.");
    }
}
