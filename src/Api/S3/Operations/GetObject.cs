using Varve.Api.Http;
using Varve.Domain;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c> and <c>HEAD /{bucket}/{key}</c>: the object, or a range of it.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"/>
static class GetObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        request.RefuseVersion();
        var row = await request.FindObject(varve, cancel) ?? throw new RejectedException(ErrorCode.NoSuchKey);

        if (row.Location is null)
            throw new RejectedException(ErrorCode.ContentPurged);
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

        var range = PartOf(request, row) ?? RangeOf(request, row);
        Describe(request, row);
        if (range is { } part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = part.ContentRange(row.Size);
        }
        else if (request.Headers["x-amz-checksum-mode"] == "ENABLED")
        {
            ChecksumAnswer.WriteHeaders(response.Headers, row.Checksum);
        }
        var (offset, length) = range ?? new ByteRange(0, row.Size);
        response.ContentLength = length;
        if (request.Operation.Method == HttpMethods.Get && length > 0)
            await Send(row, offset, length, request, varve, cancel);
    }

    static ByteRange? RangeOf(S3Request request, ObjectRow row) =>
        request.Headers.Range is { Count: > 0 } range
        && ByteRange.Applies(request.Headers.IfRange, row.ETag, row.LastModified)
            ? ByteRange.Parse(range, row.Size)
            : null;

    /// <summary>An object that came in one piece is its own first part. Others no longer know their parts.</summary>
    static ByteRange? PartOf(S3Request request, ObjectRow row)
    {
        if (!request.Query.Has("partNumber"))
            return null;
        var number = UploadPart.NumberOf(request);
        if (request.Headers.Range.Count > 0)
            throw new RejectedException(ErrorCode.InvalidRequest, "Cannot specify both Range header and partNumber.");
        if (row.ETag.Contains('-', StringComparison.Ordinal))
            throw new RejectedException(
                ErrorCode.NotImplemented,
                "partNumber of an object that was uploaded in parts."
            );
        if (number != 1)
            throw new RejectedException(ErrorCode.InvalidRange, "The requested partnumber is not satisfiable.");
        return row.Size == 0 ? null : new ByteRange(0, row.Size);
    }

    static void Describe(S3Request request, ObjectRow row)
    {
        var headers = request.Response.Headers;
        headers.AcceptRanges = "bytes";
        headers.ContentType = HeaderText.Of(row.Attributes.ContentType ?? "binary/octet-stream");
        if (row.Attributes.Headers is { } kept)
            foreach (var (name, value) in kept)
                headers[name] = HeaderText.Of(value);
        if (row.Attributes.User is { } user)
            foreach (var (name, value) in user)
                headers[S3Headers.MetadataPrefix + name] = HeaderText.Of(value);
        foreach (var parameter in request.Query.All)
            if (
                parameter.Name.StartsWith("response-", StringComparison.Ordinal)
                && Overridable(parameter.Name) is { } name
            )
                headers[name] = HeaderText.Of(parameter.Value);
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
        long offset,
        long length,
        S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        try
        {
            await using var content = await StoredBytes.Open(row, varve, cancel);
            await content.CopyTo(offset, length, request.Response.BodyWriter, cancel);
        }
        catch (ContentDamagedException damage)
        {
            await StoredBytes.Report(row, damage, request, varve);
            throw;
        }
    }
}

/// <summary>The bytes of a stored object.</summary>
static class StoredBytes
{
    /// <exception cref="RejectedException">ContentPurged.</exception>
    public static ValueTask<IContentReader> Open(ObjectRow row, Backend varve, CancellationToken cancel) =>
        varve.Contents.Open(
            row.Content,
            row.Location ?? throw new RejectedException(ErrorCode.ContentPurged),
            row.Size,
            cancel
        );

    public static Task Report(ObjectRow row, ContentDamagedException damage, S3Request request, Backend varve) =>
        varve.ReportDamage(request.Caller.UserName, row, damage);
}
