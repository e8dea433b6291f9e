using Microsoft.Net.Http.Headers;
using Varve.Api.Http;
using Varve.Domain;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary><c>GET, HEAD /file/download</c>: the bytes, or a range of them, straight from the tier.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc9110#section-14"/>
static class Download
{
    public static async Task<IResult> Handle(RestRequest request, CancellationToken cancel)
    {
        var row = await StoredFiles.FindAsked(request, cancel);
        if (row.Location is null)
            throw new RejectedException(ErrorCode.ContentPurged);
        var headers = request.Http.Request.Headers;
        switch (Preconditions.From(headers, "").Evaluate(row.ETag, row.LastModified, isRead: true))
        {
            case Verdict.PreconditionFailed:
                throw new RejectedException(ErrorCode.PreconditionFailed);
            case Verdict.NotModified:
                Describe(request.Http.Response, row);
                return TypedResults.StatusCode(StatusCodes.Status304NotModified);
            default:
                var range = ByteRange.Applies(headers.IfRange, row.ETag, row.LastModified)
                    ? RangeOf(request, headers.Range, row.Size)
                    : null;
                return new Bytes(request, row, range);
        }
    }

    static ByteRange? RangeOf(RestRequest request, string? header, long size)
    {
        try
        {
            return ByteRange.Parse(header, size);
        }
        catch (RejectedException)
        {
            request.Http.Response.Headers.ContentRange = $"bytes */{size}";
            throw;
        }
    }

    static void Describe(HttpResponse response, ObjectRow row)
    {
        response.Headers.ETag = ETags.Quote(row.ETag);
        response.Headers.LastModified = HttpDates.Format(row.LastModified);
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.AcceptRanges = "bytes";
    }

    sealed class Bytes(RestRequest request, ObjectRow row, ByteRange? range) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var cancel = httpContext.RequestAborted;
            var response = httpContext.Response;
            try
            {
                await using var content = await request.Varve.Contents.Open(
                    row.Content,
                    row.Location!,
                    row.Size,
                    cancel
                );
                WriteHeaders(response);
                if (!HttpMethods.IsHead(httpContext.Request.Method))
                    await content.CopyTo(range?.Offset ?? 0, range?.Length ?? row.Size, response.BodyWriter, cancel);
            }
            catch (ContentDamagedException damage)
            {
                await request.Varve.ReportDamage(request.User.UserName, row, damage);
                if (response.HasStarted || response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 })
                    httpContext.Abort(); // a short body would pass for the file
                else
                    throw;
            }
        }

        void WriteHeaders(HttpResponse response)
        {
            Describe(response, row);
            response.StatusCode = range is null ? StatusCodes.Status200OK : StatusCodes.Status206PartialContent;
            response.ContentLength = range?.Length ?? row.Size;
            response.ContentType = HeaderText.Of(StoredFiles.ContentTypeOf(row.Key, row.Attributes.ContentType));
            if (range is { } part)
                response.Headers.ContentRange = part.ContentRange(row.Size);
            if (row.Attributes.Headers?.GetValueOrDefault("content-encoding") is { } encoding)
                response.Headers.ContentEncoding = HeaderText.Of(encoding);

            var disposition = new ContentDispositionHeaderValue("attachment");
            disposition.SetHttpFileName(
                row.Key[(row.Key.LastIndexOf('/') + 1)..] is { Length: > 0 } name ? name : "file"
            );
            response.Headers.ContentDisposition = disposition.ToString();
            // A user's file is never a page of ours.
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        }
    }
}
