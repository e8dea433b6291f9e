using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Net.Http.Headers;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>What a request says of its own signature, in its Authorization header or in its query; not yet
/// believed.</summary>
/// <param name="SignedHeaders">Lower-case names with <c>;</c> between, as sent.</param>
/// <param name="Signature">As sent, in hex.</param>
/// <param name="Expires">How long a presigned URL holds; null for a signed header.</param>
sealed record SigV4Claim(
    CredentialScope Scope,
    string SignedHeaders,
    string Signature,
    string Timestamp,
    DateTimeOffset Time,
    TimeSpan? Expires,
    SignedPayload Payload
)
{
    public const string Algorithm = "AWS4-HMAC-SHA256";

    const string TimestampFormat = "yyyyMMdd'T'HHmmss'Z'";

    public bool IsPresigned => Expires is not null;

    /// <returns>Null for an anonymous request.</returns>
    /// <param name="services">Those that it may be for.</param>
    /// <param name="body">Of a request whose body was read before; then no header needs to tell its hash.</param>
    public static SigV4Claim? Read(
        S3Query query,
        IHeaderDictionary headers,
        ImmutableArray<string> services,
        SignedPayload? body
    )
    {
        var authorization = headers.Authorization.ToString();
        var presigned = query.Has("X-Amz-Algorithm") || query.Has("X-Amz-Signature") || query.Has("X-Amz-Credential");
        if (authorization.Length > 0 && presigned)
            throw new RejectedException(
                ErrorCode.InvalidArgument,
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                    + "parameter or the Authorization header should be specified"
            );
        if (presigned)
            return FromQuery(query, headers, services);
        if (query.Has("Signature") && query.Has("AWSAccessKeyId"))
            throw SignatureVersion2();
        return authorization.Length > 0 ? FromHeader(authorization, headers, services, body) : null;
    }

    static SigV4Claim FromHeader(
        string authorization,
        IHeaderDictionary headers,
        ImmutableArray<string> services,
        SignedPayload? body
    )
    {
        if (!authorization.StartsWith(Algorithm + ' ', StringComparison.Ordinal))
            throw authorization.StartsWith("AWS ", StringComparison.Ordinal) && authorization.Contains(':')
                ? SignatureVersion2()
                : new RejectedException(ErrorCode.InvalidArgument, "Unsupported Authorization Type");

        ReadOnlySpan<char> credential = default;
        string? signedHeaders = null;
        string? signature = null;
        var rest = authorization.AsSpan(Algorithm.Length + 1);
        foreach (var range in rest.Split(','))
        {
            var component = rest[range].Trim();
            var equals = component.IndexOf('=');
            var name = equals < 0 ? component : component[..equals];
            var value = equals < 0 ? default : component[(equals + 1)..];
            if (name is "Credential")
                credential = value;
            else if (name is "SignedHeaders")
                signedHeaders = value.ToString();
            else if (name is "Signature")
                signature = value.ToString();
            else
                throw HeaderMalformed($"the authorization component \"{component}\" is malformed.");
        }
        if (credential.IsEmpty || string.IsNullOrEmpty(signedHeaders) || string.IsNullOrEmpty(signature))
            throw HeaderMalformed(
                "the authorization header requires three components: Credential, SignedHeaders, and Signature."
            );

        var scope = CredentialScope.Parse(credential, services, HeaderMalformed);
        var (timestamp, time) = HeaderTime(headers);
        if (!timestamp.StartsWith(scope.Day, StringComparison.Ordinal))
            throw HeaderMalformed(OtherDay(scope.Day, timestamp));

        var payload = headers["x-amz-content-sha256"] is { Count: > 0 } text
            ? SignedPayload.Parse(text.ToString())
            : body
                ?? throw new RejectedException(
                    ErrorCode.InvalidRequest,
                    "Missing required header for this request: x-amz-content-sha256"
                );
        return new(scope, signedHeaders, signature, timestamp, time, null, payload);
    }

    static SigV4Claim FromQuery(S3Query query, IHeaderDictionary headers, ImmutableArray<string> services)
    {
        if (
            query["X-Amz-Algorithm"] is not { } algorithm
            || query["X-Amz-Credential"] is not { } credential
            || query["X-Amz-Date"] is not { } timestamp
            || query["X-Amz-Expires"] is not { } expires
            || query["X-Amz-SignedHeaders"] is not { Length: > 0 } signedHeaders
            || query["X-Amz-Signature"] is not { Length: > 0 } signature
        )
            throw QueryMalformed(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                    + "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            );
        if (algorithm != Algorithm)
            throw QueryMalformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");

        var scope = CredentialScope.Parse(credential, services, CredentialMalformed);
        if (!TryParseTimestamp(timestamp, out var time))
            throw QueryMalformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
        if (!timestamp.StartsWith(scope.Day, StringComparison.Ordinal))
            throw CredentialMalformed(OtherDay(scope.Day, timestamp));

        var payload = query["X-Amz-Content-Sha256"] ?? (string?)headers["x-amz-content-sha256"];
        return new(
            scope,
            signedHeaders,
            signature,
            timestamp,
            time,
            ParseExpires(expires),
            payload is null ? SignedPayload.NotSigned : SignedPayload.Parse(payload)
        );
    }

    static TimeSpan ParseExpires(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            throw QueryMalformed("X-Amz-Expires should be a number");
        return seconds switch
        {
            < 0 => throw new RejectedException(ErrorCode.AccessDenied, "X-Amz-Expires must be non-negative"),
            > 604_800 => throw new RejectedException(
                ErrorCode.AccessDenied,
                "X-Amz-Expires must be less than a week (in seconds); that is, "
                    + "the given X-Amz-Expires must be less than "
                    + "604800 seconds"
            ),
            _ => TimeSpan.FromSeconds(seconds),
        };
    }

    static (string Timestamp, DateTimeOffset Time) HeaderTime(IHeaderDictionary headers)
    {
        var text = headers["x-amz-date"].ToString();
        if (text.Length == 0)
            text = headers.Date.ToString();
        if (TryParseTimestamp(text, out var time))
            return (text, time);
        if (HeaderUtilities.TryParseDate(text, out time))
            return (time.ToString(TimestampFormat, CultureInfo.InvariantCulture), time);
        throw new RejectedException(
            ErrorCode.AccessDenied,
            "AWS authentication requires a valid Date or x-amz-date header"
        );
    }

    static bool TryParseTimestamp(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text,
            TimestampFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out time
        );

    /// <summary>The refusal of whatever is wrong with the claim, in the words of the place where it stands.</summary>
    public RejectedException Malformed(string what) => IsPresigned ? CredentialMalformed(what) : HeaderMalformed(what);

    static string OtherDay(string day, string timestamp) =>
        $"Invalid credential date \"{day}\". This date is not the same as X-Amz-Date: \"{timestamp.AsSpan(0, 8)}\".";

    static RejectedException HeaderMalformed(string what) =>
        new(ErrorCode.AuthorizationHeaderMalformed, $"The authorization header is malformed; {what}");

    static RejectedException CredentialMalformed(string what) =>
        QueryMalformed($"Error parsing the X-Amz-Credential parameter; {what}");

    static RejectedException QueryMalformed(string what) => new(ErrorCode.AuthorizationQueryParametersError, what);

    static RejectedException SignatureVersion2() =>
        new(
            ErrorCode.InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        );
}
