using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Varve.Api.S3.Operations;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.EventStores;
using Varve.Tiers;

namespace Varve.Api.S3;

/// <summary>Who an access key stands for; null where there is no such key, or it was revoked.</summary>
public delegate ValueTask<S3Account?> FindAccount(string accessKey, CancellationToken cancel);

/// <param name="Secret">The secret key: signatures are made with it.</param>
public sealed record S3Account(Caller Caller, string Secret);

/// <summary>Whom a grant names: user names, null where there is nobody.</summary>
/// <param name="ById">By <see cref="UserIds.CanonicalId"/>.</param>
public sealed record UserDirectory(
    Func<string, CancellationToken, ValueTask<string?>> ById,
    Func<string, CancellationToken, ValueTask<string?>> ByEmail
);

/// <param name="Domain">Whose sub-domains are buckets; null where only paths name buckets.</param>
/// <param name="Region">The only one that is accepted; null for any.</param>
public sealed record S3Options(string? Domain, string? Region)
{
    /// <summary>Where buckets say they are.</summary>
    public string RegionName => RegionOf(Region);

    /// <param name="region">Null where any is accepted.</param>
    public static string RegionOf(string? region) => region ?? "us-east-1";

    /// <summary>The region of AWS where a bucket can be made twice.</summary>
    public bool IsLegacyRegion => RegionName == "us-east-1";

    /// <summary>After it, 200 is sent and blanks follow, so that nobody on the way takes a long completion for a dead
    /// connection; the verdict then stands in the body.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether keys of SSE-C are taken from a connection that can be listened to.</summary>
    public bool CustomerKeysOverHttp { get; init; }

    /// <summary>Whether AWS's signature of before 2014 is taken in headers too, and not in presigned URLs
    /// alone.</summary>
    public bool SignatureV2 { get; init; }

    /// <summary>Whom events of buckets can be told: <c>name:webhook</c>, <c>name:rabbitmq</c>.</summary>
    public IReadOnlySet<string> Destinations { get; init; } = FrozenSet<string>.Empty;
}

/// <summary>
/// Every request to the S3 port: verify the signature, find the row, check who asks, answer; refusals become XML here
/// and nowhere else. Nothing of the body is read before all of that, so a client that waits for 100-continue is spared
/// sending it.
/// </summary>
public sealed class S3Dispatcher(
    Backend varve,
    FindAccount accounts,
    UserDirectory users,
    S3Options options,
    TimeProvider clock,
    ILogger<S3Dispatcher> log
)
{
    static readonly Meter Meter = new("Varve.S3");

    static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "varve.s3.request.duration",
        "s",
        "Time of a request, by operation and status.",
        tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30] }
    );

    readonly SigV4Verifier verifier = new(accounts, clock, options.Region);

    readonly SigV2Verifier signatureV2 = new(accounts, clock, options.SignatureV2);

    public async Task Handle(HttpContext http)
    {
        var begun = Stopwatch.GetTimestamp();
        var requestId = RequestIds.Next();
        Identify(http, requestId);
        var progress = new Progress();
        try
        {
            await Answer(http, progress, http.RequestAborted);
        }
        catch (RejectedException refused)
        {
            Refuse(http, refused.Rejection, progress, requestId);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
        }
        catch (BadHttpRequestException bad)
        {
            Refuse(http, new(ErrorCode.InvalidRequest, bad.Message), progress, requestId);
        }
        catch (Exception fault)
        {
            log.Fault(fault, requestId, http.Request.Method, progress.Resource);
            var code = fault is EventStoreUnavailableException or TierUnavailableException or DbException
                ? ErrorCode.ServiceUnavailable
                : ErrorCode.InternalError;
            Refuse(http, new(code), progress, requestId);
        }
        Duration.Record(
            Stopwatch.GetElapsedTime(begun).TotalSeconds,
            new("operation", progress.Operation?.Name ?? "none"),
            new("status", http.Response.StatusCode)
        );
    }

    async Task Answer(HttpContext http, Progress progress, CancellationToken cancel)
    {
        var (method, headers) = (http.Request.Method, http.Request.Headers);
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var target = progress.Target = S3Target.Parse(raw, headers.Host, options.Domain);
        var preflight = HttpMethods.IsOptions(method) && target.Bucket is not null;
        var parameters = target.Bucket is null ? await ReadParameters(http, cancel) : default;
        var older = preflight ? null : await signatureV2.Verify(method, target, headers, cancel);
        var signature =
            (
                preflight ? null
                : older is not null ? older
                : parameters.IsEmpty ? await verifier.Verify(method, target, headers, cancel)
                : await verifier.VerifyWhole(method, target, headers, parameters, cancel)
            ) ?? VerifiedRequest.Anonymous(headers);

        var operation = progress.Operation = preflight
            ? S3Operations.Preflight(target)
            : S3Operations.Resolve(method, target, headers);
        if (signature.Payload.IsStreaming && !operation.TakesStreams)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                $"{operation.Name} takes no body in chunks: the value of x-amz-content-sha256 is wrong."
            );
        var reads = operation.Method is "GET" or "HEAD" or "OPTIONS";
        await CatchUp(reads ? operation.Models : [], headers, cancel);
        var place = operation.Access == Access.Permitted ? await Find(target.Bucket!, !reads, cancel) : null;
        var request = new S3Request(http, operation, target, signature, place, options)
        {
            Users = users,
            Accounts = accounts,
            Parameters = parameters.IsEmpty ? null : CallerIdentity.Parse(parameters.Span),
        };
        if (!preflight)
            await Authorize(request, progress, cancel);
        await operation.Handle(request, varve, cancel);
    }

    /// <exception cref="RejectedException">AccessDenied; MethodNotAllowed: it would change the past.</exception>
    async ValueTask Authorize(S3Request request, Progress progress, CancellationToken cancel)
    {
        if (request.Place is not { } place)
        {
            RefuseAnonymous(request.Operation, request.Caller);
            return;
        }
        progress.Cors = place.Bucket.Configuration.Cors;
        if (progress.Cors is { } rules)
            Cors.Describe(request.Http, rules);
        TimeTravel.Check(request.Operation, place);
        await RequestAccess.Authorize(request, varve, cancel);
        RequestAccess.RequireOwner(request, "x-amz-expected-bucket-owner", place.Bucket);
    }

    /// <summary>Requests to the service itself may have a form in their body, which is signed with them.</summary>
    static async ValueTask<ReadOnlyMemory<byte>> ReadParameters(HttpContext http, CancellationToken cancel)
    {
        if (!HttpMethods.IsPost(http.Request.Method) || http.Request.ContentLength is not { } length)
            return default;
        using var body = new PlainBody(http.Request.BodyReader, length);
        return await S3Documents.ReadWhole(body, CallerIdentity.DocumentMax, cancel);
    }

    async ValueTask<Place> Find(string bucket, bool toWrite, CancellationToken cancel) =>
        await TimeTravel.Find(bucket, toWrite, varve, cancel) ?? throw new RejectedException(ErrorCode.NoSuchBucket);

    /// <summary>Somebody without a signature has no buckets, and can't make any.</summary>
    static void RefuseAnonymous(S3Operation operation, Caller caller)
    {
        if (caller.IsAnonymous && operation.Method is not ("GET" or "HEAD"))
            throw new RejectedException(ErrorCode.AccessDenied);
    }

    /// <summary>Who reads sees every write that this process acknowledged, and the one that the caller names.</summary>
    async ValueTask CatchUp(ImmutableArray<string> models, IHeaderDictionary headers, CancellationToken cancel)
    {
        if (models.Length > 0)
            await varve.CatchUp(models, cancel);
        if (headers[S3Headers.Position] is not { Count: > 0 } text)
            return;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            throw new RejectedException(ErrorCode.InvalidArgument, S3Headers.Position);
        await varve.CatchUp(new Position(position), cancel);
    }

    static void Refuse(HttpContext http, Rejection rejection, Progress progress, string requestId)
    {
        var response = http.Response;
        if (response.HasStarted || response.BodyWriter.UnflushedBytes > 0)
        {
            http.Abort();
            return;
        }
        // The one thing that the answer tells beside the refusal: whether a delete marker is why.
        var marker = response.Headers[S3Headers.DeleteMarker];
        var version = marker.Count > 0 ? response.Headers[S3Headers.VersionId] : [];
        response.Clear();
        Identify(http, requestId);
        (response.Headers[S3Headers.DeleteMarker], response.Headers[S3Headers.VersionId]) = (marker, version);
        if (progress.Cors is { } rules)
            Cors.Describe(http, rules);
        // Who waits for 100-continue never sends the body now: on a connection kept open the next request would be
        // taken for it.
        if (http.Request.Headers.Expect.Count > 0)
            response.Headers.Connection = "close";
        var row = ErrorTable.For(rejection.Code);
        response.StatusCode = row.Status;
        if (HttpMethods.IsHead(http.Request.Method) || row.Status == StatusCodes.Status304NotModified)
            return;
        response.ContentType = "application/xml";
        WriteError(response, rejection, progress.Resource, begun: false);
    }

    /// <param name="begun">Whether XML's declaration has gone out before.</param>
    internal static void WriteError(HttpResponse response, Rejection rejection, string resource, bool begun)
    {
        var row = ErrorTable.For(rejection.Code);
        S3ErrorDocument.Write(
            response.BodyWriter,
            row.S3Code,
            MessageOf(row, rejection),
            resource,
            response.Headers[RequestIds.Header].ToString(),
            RequestIds.Host,
            begun
        );
    }

    /// <summary>A detail that says it all stands alone.</summary>
    internal static string MessageOf(ErrorRow row, Rejection rejection) =>
        rejection.Detail is not { } detail ? row.Message
        : detail.StartsWith(row.Message.TrimEnd('.'), StringComparison.Ordinal) ? detail
        : $"{row.Message} {detail}";

    static void Identify(HttpContext http, string requestId)
    {
        http.Response.Headers[RequestIds.Header] = requestId;
        http.Response.Headers[RequestIds.HostHeader] = RequestIds.Host;
    }

    /// <summary>How far a request got, for what is said of it when it fails.</summary>
    sealed class Progress
    {
        public S3Target? Target { get; set; }

        public S3Operation? Operation { get; set; }

        /// <summary>Of the bucket: a page may read a refusal too.</summary>
        public ImmutableArray<CorsRule>? Cors { get; set; }

        public string Resource => Target?.Resource ?? "/";
    }
}
