using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>Checks AWS Signature Version 2: in presigned URLs, which boto3 and s3cmd still make at their default
/// settings, and in the Authorization header of clients of before 2014. The latter is off unless a setting says
/// otherwise, for it signs neither the body nor most of the query. Thread-safe.</summary>
/// <param name="inHeaders">Whether the header counts.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html"/>
public sealed class SigV2Verifier(FindAccount accounts, TimeProvider clock, bool inHeaders)
{
    const string Scheme = "AWS ";
    const string KeyParameter = "AWSAccessKeyId";
    const string SignatureParameter = "Signature";
    const string ExpiresParameter = "Expires";

    static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(15);

    /// <summary>Parameters that are signed, in their order.</summary>
    static readonly SortedSet<string> Signed = new(StringComparer.Ordinal)
    {
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "inventory",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    };

    /// <returns>Null for a request that has no signature of this version.</returns>
    /// <exception cref="RejectedException">AccessDenied, InvalidAccessKeyId, InvalidArgument, RequestTimeTooSkewed,
    /// SignatureDoesNotMatch.</exception>
    public async ValueTask<VerifiedRequest?> Verify(
        string method,
        S3Target target,
        IHeaderDictionary headers,
        CancellationToken cancel
    )
    {
        var header = inHeaders ? Claim.OfHeader(headers) : null;
        if ((header ?? Claim.OfQuery(target.Query, headers)) is not { } claim)
            return null;
        RefuseWrongTime(claim, headers);
        RefuseUnsigned(target.Query, claim);
        var account =
            await accounts(claim.AccessKey, cancel)
            ?? throw new RejectedException(
                ErrorCode.InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            );
        // Of a bucket alone, boto3 signs the path as a virtual-hosted request would have it.
        if (
            !IsRight(claim, account.Secret, StringToSign(method, target, target.RawPath, headers, claim))
            && !(
                target.Key is null
                && !target.RawPath.EndsWith('/')
                && IsRight(claim, account.Secret, StringToSign(method, target, target.RawPath + "/", headers, claim))
            )
        )
            throw new RejectedException(
                ErrorCode.SignatureDoesNotMatch,
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method."
            );
        return new(account.Caller, SignedPayload.NotSigned, [], "", "", "", claim.Expires is not null)
        {
            Version = VerifiedRequest.Version2,
        };
    }

    static bool IsRight(Claim claim, string secret, string text)
    {
        var right = HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text));
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(Convert.ToBase64String(right)),
            Encoding.UTF8.GetBytes(claim.Signature)
        );
    }

    void RefuseWrongTime(Claim claim, IHeaderDictionary headers)
    {
        var now = clock.GetUtcNow();
        if (claim.Expires is { } expires)
        {
            if (!long.TryParse(expires, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                throw new RejectedException(
                    ErrorCode.AccessDenied,
                    $"Invalid date (should be seconds since epoch): {expires}"
                );
            if (now.ToUnixTimeSeconds() > seconds)
                throw new RejectedException(ErrorCode.AccessDenied, "Request has expired");
            return;
        }
        var said = headers["x-amz-date"] is { Count: > 0 } own ? own.ToString() : headers.Date.ToString();
        var day = said[(said.IndexOf(',') + 1)..]; // some clients' days of the week are wrong
        const DateTimeStyles style = DateTimeStyles.AssumeUniversal;
        if (
            !DateTimeOffset.TryParse(day, CultureInfo.InvariantCulture, style, out var time)
            || time < DateTimeOffset.UnixEpoch
        )
            throw new RejectedException(
                ErrorCode.AccessDenied,
                "AWS authentication requires a valid Date or x-amz-date header"
            );
        if ((now - time).Duration() > SkewMax)
            throw new RejectedException(
                ErrorCode.RequestTimeTooSkewed,
                "The difference between the request time and the current time is too large."
            );
    }

    /// <summary>A parameter that makes the request another one must be one that is signed; and whoever was handed a URL
    /// adds nothing to it.</summary>
    static void RefuseUnsigned(S3Query query, Claim claim)
    {
        foreach (var parameter in query.All)
        {
            var free = claim.Expires is null
                ? !S3Operations.IsSubresource(parameter.Name) || parameter.Name == "list-type"
                : parameter.Name is KeyParameter or SignatureParameter or ExpiresParameter;
            if (!free && !Signed.Contains(parameter.Name))
                throw new RejectedException(
                    ErrorCode.AccessDenied,
                    $"Signature version 2 does not cover the parameter '{parameter.Name}'."
                );
        }
    }

    static string StringToSign(string method, S3Target target, string path, IHeaderDictionary headers, Claim claim)
    {
        var text = new StringBuilder(method).Append('\n');
        text.Append(headers.ContentMD5.ToString()).Append('\n');
        text.Append(headers.ContentType.ToString()).Append('\n');
        text.Append(claim.Expires ?? (headers.ContainsKey("x-amz-date") ? "" : headers.Date.ToString())).Append('\n');
        var amazon = headers
            .Select(header => (Name: header.Key.ToLowerInvariant(), header.Value))
            .Where(header => header.Name.StartsWith("x-amz-", StringComparison.Ordinal))
            .OrderBy(header => header.Name, StringComparer.Ordinal);
        foreach (var (name, values) in amazon)
            text.Append(name).Append(':').AppendJoin(',', values.Select(value => value!.Trim())).Append('\n');
        if (target.IsVirtualHosted)
            text.Append('/').Append(target.Bucket);
        text.Append(path);
        var mark = '?';
        foreach (var name in Signed)
            if (target.Query[name] is { } value)
            {
                text.Append(mark).Append(name);
                if (value.Length > 0)
                    text.Append('=').Append(value);
                mark = '&';
            }
        return text.ToString();
    }

    /// <param name="Expires">Of a presigned URL, as sent; null for a signed header.</param>
    sealed record Claim(string AccessKey, string Signature, string? Expires)
    {
        public static Claim? OfHeader(IHeaderDictionary headers)
        {
            var authorization = headers.Authorization.ToString();
            if (!authorization.StartsWith(Scheme, StringComparison.Ordinal))
                return null;
            var colon = authorization.LastIndexOf(':');
            return colon > Scheme.Length
                ? new(authorization[Scheme.Length..colon], authorization[(colon + 1)..], Expires: null)
                : throw new RejectedException(
                    ErrorCode.InvalidArgument,
                    "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
                );
        }

        public static Claim? OfQuery(S3Query query, IHeaderDictionary headers)
        {
            if (query[KeyParameter] is not { } key || query[SignatureParameter] is not { } signature)
                return null;
            if (headers.Authorization.Count > 0)
                throw new RejectedException(
                    ErrorCode.InvalidArgument,
                    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                        + "parameter or the Authorization header should be specified"
                );
            return new(key, signature, query[ExpiresParameter] ?? "");
        }
    }
}
