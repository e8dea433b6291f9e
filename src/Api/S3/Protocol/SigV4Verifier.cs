using System.Buffers;
using System.Security.Cryptography;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>A request whose signature was right, and what is needed to check the signatures within its body.</summary>
/// <param name="SigningKey">32 bytes.</param>
/// <param name="Signature">In lower-case hex: the seed of the chunks' signatures.</param>
/// <param name="Scope"><c>yyyyMMdd/region/s3/aws4_request</c>.</param>
/// <param name="Timestamp"><c>yyyyMMddTHHmmssZ</c>, as signed.</param>
public sealed record VerifiedRequest(
    Caller Caller,
    SignedPayload Payload,
    byte[] SigningKey,
    string Signature,
    string Scope,
    string Timestamp,
    bool IsPresigned
)
{
    public const string Version2 = "AWS";

    /// <summary>Of the signature, as policies name it; null without one.</summary>
    public string? Version { get; init; }

    /// <summary>Null where the signature does not say it.</summary>
    public DateTimeOffset? SignedAt { get; init; }

    /// <summary>A request without a signature.</summary>
    /// <exception cref="RejectedException">AccessDenied: its body claims to be signed; InvalidArgument.</exception>
    public static VerifiedRequest Anonymous(IHeaderDictionary headers)
    {
        var payload = headers["x-amz-content-sha256"] is { Count: > 0 } text
            ? SignedPayload.Parse(text.ToString())
            : SignedPayload.NotSigned;
        return payload.Mode is PayloadMode.SignedChunks or PayloadMode.SignedChunksWithTrailer
            ? throw new RejectedException(ErrorCode.AccessDenied)
            : new(Caller.Anonymous, payload, [], "", "", "", IsPresigned: false);
    }
}

/// <summary>Checks AWS Signature Version 4, in the Authorization header or in a presigned URL. Thread-safe.</summary>
/// <param name="region">The only region that is accepted; null for any.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html"/>
public sealed class SigV4Verifier(FindAccount accounts, TimeProvider clock, string? region)
{
    /// <summary>How far a client's clock may be off.</summary>
    static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(15);

    readonly SigningKeys keys = new(entriesMax: 1024);

    /// <returns>Null for an anonymous request, which carries no signature at all.</returns>
    /// <exception cref="RejectedException">AccessDenied, AuthorizationHeaderMalformed,
    /// AuthorizationQueryParametersError, InvalidAccessKeyId, InvalidArgument, InvalidRequest, RequestTimeTooSkewed,
    /// SignatureDoesNotMatch.</exception>
    public ValueTask<VerifiedRequest?> Verify(
        string method,
        S3Target target,
        IHeaderDictionary headers,
        CancellationToken cancel
    ) =>
        Verify(method, target, headers, SigV4Claim.Read(target.Query, headers, CredentialScope.S3, body: null), cancel);

    /// <summary>As above, of a request to STS or IAM, whose body has been read.</summary>
    public async ValueTask<VerifiedRequest?> VerifyWhole(
        string method,
        S3Target target,
        IHeaderDictionary headers,
        ReadOnlyMemory<byte> body,
        CancellationToken cancel
    )
    {
        var hash = SHA256.HashData(body.Span);
        var payload = new SignedPayload(PayloadMode.Sha256, Convert.ToHexStringLower(hash), hash);
        var claim = SigV4Claim.Read(target.Query, headers, CredentialScope.Identity, payload);
        var verified = await Verify(method, target, headers, claim, cancel);
        verified?.Payload.Check(hash);
        return verified;
    }

    async ValueTask<VerifiedRequest?> Verify(
        string method,
        S3Target target,
        IHeaderDictionary headers,
        SigV4Claim? claim,
        CancellationToken cancel
    )
    {
        if (claim is null)
            return null;
        if (region is not null && claim.Scope.Region != region)
            throw claim.Malformed($"the region '{claim.Scope.Region}' is wrong; expecting '{region}'");
        RefuseWrongTime(claim);
        RefuseUnsignedHeaders(claim, headers);

        var account =
            await accounts(claim.Scope.AccessKey, cancel)
            ?? throw new RejectedException(
                ErrorCode.InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            );
        var key = keys.For(claim.Scope, account.Secret);
        // Some clients sign what they send, others the form that AWS makes of it; both prove that the key's holder
        // made this very target, and mostly they are the same.
        if (
            !IsRight(method, target, headers, claim, key, asSent: false)
            && !IsRight(method, target, headers, claim, key, asSent: true)
        )
            throw new RejectedException(
                ErrorCode.SignatureDoesNotMatch,
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method."
            );
        keys.Keep(claim.Scope, account.Secret, key);
        return new(
            account.Caller,
            claim.Payload,
            key,
            claim.Signature.ToLowerInvariant(),
            claim.Scope.Text,
            claim.Timestamp,
            claim.IsPresigned
        )
        {
            Version = SigV4Claim.Algorithm,
            SignedAt = claim.Time,
        };
    }

    void RefuseWrongTime(SigV4Claim claim)
    {
        var now = clock.GetUtcNow();
        if (claim.Expires is not { } expires)
        {
            if ((now - claim.Time).Duration() > SkewMax)
                throw new RejectedException(
                    ErrorCode.RequestTimeTooSkewed,
                    "The difference between the request time and the current time is too large."
                );
        }
        else if (claim.Time - now > SkewMax)
            throw new RejectedException(ErrorCode.AccessDenied, "Request is not valid yet");
        else if (now - claim.Time >= expires && now > claim.Time)
            throw new RejectedException(ErrorCode.AccessDenied, "Request has expired");
    }

    /// <summary>
    /// An unsigned x-amz-* header could turn a request into another one, such as a presigned PutObject into a copy.
    /// </summary>
    static void RefuseUnsignedHeaders(SigV4Claim claim, IHeaderDictionary headers)
    {
        if (!IsSigned(claim, "host"))
            throw Unsigned("host");
        foreach (var (name, _) in headers)
        {
            if (!name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) || IsSigned(claim, name))
                continue;
            // The payload's hash is a line of its own in what is signed.
            if (!claim.IsPresigned || !name.Equals("x-amz-content-sha256", StringComparison.OrdinalIgnoreCase))
                throw Unsigned(name);
        }
    }

    static bool IsSigned(SigV4Claim claim, string name)
    {
        var list = claim.SignedHeaders.AsSpan();
        foreach (var range in list.Split(';'))
            if (list[range].Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    static RejectedException Unsigned(string name) =>
        new(ErrorCode.AccessDenied, $"There were headers present in the request which were not signed: {name}");

    static bool IsRight(
        string method,
        S3Target target,
        IHeaderDictionary headers,
        SigV4Claim claim,
        byte[] key,
        bool asSent
    )
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        if (
            claim.Signature.Length != given.Length * 2
            || Convert.FromHexString(claim.Signature, given, out _, out _) != OperationStatus.Done
        )
            return false;

        var text = new Utf8Buffer(stackalloc byte[2048]);
        CanonicalRequest.Write(method, target, headers, claim, asSent, ref text);
        SHA256.HashData(text.Written, hash);
        text.Dispose();

        text = new Utf8Buffer(stackalloc byte[256]);
        text.Append("AWS4-HMAC-SHA256\n"u8);
        text.Append(claim.Timestamp);
        text.Append((byte)'\n');
        text.Append(claim.Scope.Text);
        text.Append((byte)'\n');
        text.AppendHexLower(hash);
        HMACSHA256.HashData(key, text.Written, hash);
        text.Dispose();
        return CryptographicOperations.FixedTimeEquals(hash, given);
    }
}
