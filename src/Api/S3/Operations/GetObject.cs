using System.Globalization;
using Varve.Api.Encryption;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c> and <c>HEAD /{bucket}/{key}</c>: the object, or a range of it.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"/>
static class GetObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        ObjectCiphers.RefuseServerKey(request);
        var row = await VersionedObject.Find(request, varve, cancel);
        if (row.Location is null)
            throw new RejectedException(ErrorCode.ContentPurged);
        var key = request.KeyOf(row, varve, CustomerKeyHeaders.Own);
        var response = request.Response;
        response.Headers.ETag = ETags.Quote(row.ETag);
        response.Headers.LastModified = HttpDates.Format(HttpDates.WholeSeconds(row.LastModified));
        var verdict = Preconditions.From(request.Headers, "").Evaluate(row.ETag, row.LastModified, isRead: true);
        if (verdict == Verdict.PreconditionFailed)
            throw new RejectedException(ErrorCode.PreconditionFailed);
        if (verdict == Verdict.NotModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            if (row.Attributes.Headers?.TryGetValue("cache-control", out var cacheControl) ?? false)
                response.Headers.CacheControl = HeaderText.Of(cacheControl);
            return;
        }

        var (range, checksum) =
            request.Query.Has("partNumber") ? await PartOf(request, row, varve, cancel)
            : RangeOf(request, row) is { } some ? (some, null)
            : (default(ByteRange?), row.Checksum);
        Describe(request, row, varve);
        if (range is { } part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = part.ContentRange(row.Size);
        }
        if (request.Headers["x-amz-checksum-mode"] == "ENABLED")
            ChecksumAnswer.WriteHeaders(response.Headers, checksum);
        var (offset, length) = range ?? new ByteRange(0, row.Size);
        response.ContentLength = length;
        if (request.Operation.Method == HttpMethods.Get && length > 0)
            await Send(row, key, offset, length, request, varve, cancel);
    }

    static ByteRange? RangeOf(S3Request request, ObjectRow row) =>
        request.Headers.Range is { Count: > 0 } range
        && ByteRange.Applies(request.Headers.IfRange, row.ETag, row.LastModified)
            ? ByteRange.Parse(range, row.Size)
            : null;

    /// <returns>A part's range, and the checksum of what it holds.</returns>
    static async ValueTask<(ByteRange? Range, ObjectChecksum? Checksum)> PartOf(
        S3Request request,
        ObjectRow row,
        Backend varve,
        CancellationToken cancel
    )
    {
        var number = UploadPart.NumberOf(request);
        if (request.Headers.Range.Count > 0)
            throw new RejectedException(ErrorCode.InvalidRequest, "Cannot specify both Range header and partNumber.");
        var parts = await ObjectParts.Of(row, varve, cancel);
        var (part, range) = parts.Find(number, row);
        if (part is null)
            return (range, row.Checksum);
        request.Response.Headers["x-amz-mp-parts-count"] = parts.Parts.Count.ToString(CultureInfo.InvariantCulture);
        return (range, part.Checksum is { } value && row.Checksum is { } whole ? whole with { Value = value } : null);
    }

    static void Describe(S3Request request, ObjectRow row, Backend varve)
    {
        var headers = request.Response.Headers;
        Amendments.WriteHeaders(request, row, varve);
        if (!request.Query.Has("versionId"))
            BucketLifecycle.Tell(request, row);
        headers.AcceptRanges = "bytes";
        headers.ContentType = HeaderText.Of(row.Attributes.ContentType ?? "binary/octet-stream");
        if (row.Attributes.Headers is { } kept)
            foreach (var (name, value) in kept)
                headers[name] = HeaderText.Of(value);
        if (row.Attributes.User is { } user)
            foreach (var (name, value) in user)
                headers[S3Headers.MetadataPrefix + name] = HeaderText.Of(value);
        request.Tell(row.Encryption);
        foreach (var parameter in request.Query.All)
            if (
                parameter.Name.StartsWith("response-", StringComparison.Ordinal)
                && Overridable(parameter.Name) is { } name
            )
                headers[name] = request.Caller.IsAnonymous
                    ? throw new RejectedException(
                        ErrorCode.InvalidRequest,
                        "Request specific response headers cannot be used for anonymous GET requests."
                    )
                    : HeaderText.Of(parameter.Value);
    }

    static string? Overridable(string parameter) =>
        parameter switch
        {
            "response-cache-control" => "Cache-Control",
            "response-content-disposition" => "Content-Disposition",
            "response-content-encoding" => "Content-Encoding",
            "response-content-language" => "Content-Language",
            "response-content-type" => "Content-Type",
            "response-expires" => "Expires",
            _ => null,
        };

    static async Task Send(
        ObjectRow row,
        byte[]? key,
        long offset,
        long length,
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        try
        {
            await using var content = await varve.Open(row, key, cancel);
            await content.CopyTo(offset, length, request.Response.BodyWriter, cancel);
        }
        catch (ContentDamagedException damage)
        {
            await varve.ReportDamage(request.Caller.UserName, row, damage);
            throw;
        }
    }
}
