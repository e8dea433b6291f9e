using System.Collections.Immutable;
using System.Globalization;
using Varve.Api.Http;
using Varve.Domain;
using Varve.Domain.Access;

namespace Varve.Api.S3;

/// <summary>What a bucket's rules say to browsers, of requests and of preflights.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html"/>
static class Cors
{
    const string RequestMethod = "Access-Control-Request-Method";
    const string RequestHeaders = "Access-Control-Request-Headers";
    const string Vary = $"Origin, {RequestHeaders}, {RequestMethod}";

    /// <summary><c>OPTIONS</c>: what a browser asks before a request, of which it tells the method and the names of the
    /// headers; never signed.</summary>
    /// <exception cref="RejectedException">BadRequest: it is no preflight; AccessForbidden.</exception>
    public static Task Preflight(S3Request request, Backend varve, CancellationToken cancel)
    {
        var headers = request.Headers;
        if (headers.Origin.Count == 0)
            throw new RejectedException(
                ErrorCode.BadRequest,
                "Insufficient information. Origin request header needed."
            );
        if (headers[RequestMethod] is not { Count: > 0 } method)
            throw new RejectedException(ErrorCode.BadRequest, $"Invalid {RequestMethod}: null");
        if (request.Place!.Bucket.Configuration.Cors is not { } rules)
            throw new RejectedException(
                ErrorCode.AccessForbidden,
                "CORSResponse: This CORS request is not allowed. CORS is not enabled for this bucket."
            );

        var asked = headers[RequestHeaders]
            .ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var origin = headers.Origin.ToString();
        var rule =
            rules.FirstOrDefault(rule =>
                Allows(rule, origin, method.ToString()) && asked.All(name => Allows(rule, name))
            ) ?? throw new RejectedException(ErrorCode.AccessForbidden);
        Write(request.Response.Headers, rule, origin);
        if (asked.Length > 0)
            request.Response.Headers.AccessControlAllowHeaders = string.Join(", ", asked).ToLowerInvariant();
        return Task.CompletedTask;
    }

    /// <summary>Adds what a page of the request's origin may see, if there is a rule for it.</summary>
    public static void Describe(HttpContext http, ImmutableArray<CorsRule> rules)
    {
        var request = http.Request;
        http.Response.Headers.Vary = Vary;
        if (request.Headers.Origin is not { Count: > 0 } header)
            return;
        var origin = header.ToString();
        var method = request.Headers[RequestMethod] is { Count: > 0 } asked ? asked.ToString() : request.Method;
        if (rules.FirstOrDefault(rule => Allows(rule, origin, method)) is { } rule)
            Write(http.Response.Headers, rule, origin);
    }

    /// <summary>The answer repeats the origin, so it must be one that a header can say.</summary>
    static bool Allows(CorsRule rule, string origin, string method) =>
        HeaderText.IsPlain(origin) && rule.Allows(origin, method);

    static bool Allows(CorsRule rule, string header) => HeaderText.IsName(header) && rule.AllowsHeader(header);

    static void Write(IHeaderDictionary headers, CorsRule rule, string origin)
    {
        headers.Vary = Vary;
        headers.AccessControlAllowOrigin = rule.IsForAll ? "*" : origin;
        if (!rule.IsForAll)
            headers.AccessControlAllowCredentials = "true";
        headers.AccessControlAllowMethods = string.Join(", ", rule.Methods);
        if (rule.Exposed is { } exposed)
            headers.AccessControlExposeHeaders = string.Join(", ", exposed);
        if (rule.MaxAgeSeconds is { } age)
            headers.AccessControlMaxAge = age.ToString(CultureInfo.InvariantCulture);
    }
}
