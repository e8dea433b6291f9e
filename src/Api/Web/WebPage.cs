using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Varve.Api.Http;
using Varve.Api.Rest;

namespace Varve.Api.Web;

/// <summary>The web page: a few small files, embedded in the program and held in memory.</summary>
static class WebPage
{
    const string Folder = "web/";

    /// <summary>Nothing from anywhere else, no script or style in the page itself, no framing.</summary>
    const string Policy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    static readonly FrozenDictionary<string, WebFile> Files = Load();

    public static void MapWeb(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", ["GET", "HEAD"], () => Files["index.html"]).ExcludeFromDescription();
        foreach (var (name, file) in Files)
            routes.MapMethods($"/{name}", ["GET", "HEAD"], () => file).ExcludeFromDescription();
    }

    public static Task<IResult> Index(RestRequest request, CancellationToken cancel) =>
        Task.FromResult<IResult>(Files["index.html"]);

    public static Task<IResult> Success(RestRequest request, CancellationToken cancel) =>
        Task.FromResult<IResult>(TypedResults.Text("Upload finished!", "text/plain; charset=utf-8"));

    static FrozenDictionary<string, WebFile> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var types = new FileExtensionContentTypeProvider();
        return assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Folder.Length..], FileOf);

        WebFile FileOf(string name)
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var type = types.TryGetContentType(name, out var known) ? known : "application/octet-stream";
            return new WebFile(
                bytes,
                type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type,
                Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]
            );
        }
    }

    sealed record WebFile(byte[] Bytes, string ContentType, string ETag) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.Headers.ETag = ETags.Quote(ETag);
            response.Headers.CacheControl = "no-cache"; // ask each time; mostly the answer is 304
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers["Referrer-Policy"] = "no-referrer"; // a download link carries the token
            if (httpContext.Request.Headers.IfNoneMatch is [{ } known, ..] && ETags.Names(known, ETag, weakly: true))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
            response.ContentType = ContentType;
            response.ContentLength = Bytes.Length;
            if (!HttpMethods.IsHead(httpContext.Request.Method))
                await response.Body.WriteAsync(Bytes, httpContext.RequestAborted);
        }
    }
}
