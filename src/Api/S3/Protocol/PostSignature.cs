using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>The signature of a form: of its policy, and in its fields. Version 4, and version 2 as forms of long ago
/// have it.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html"/>
static class PostSignature
{
    /// <param name="region">The only one that is accepted; null for any.</param>
    /// <returns>Who signed it, and by which version, as policies name it; null for a form without a policy and a
    /// signature.</returns>
    /// <exception cref="RejectedException">InvalidArgument: a field is missing; InvalidAccessKeyId,
    /// SignatureDoesNotMatch, InvalidRequest.</exception>
    public static async ValueTask<(Caller Caller, string? Version)?> Verify(
        IReadOnlyDictionary<string, string> fields,
        FindAccount accounts,
        string? region,
        CancellationToken cancel
    )
    {
        var isVersion4 = fields.ContainsKey("x-amz-signature") || fields.ContainsKey("x-amz-credential");
        var names = isVersion4
            ? new[] { "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature" }
            : ["policy", "AWSAccessKeyId", "signature"];
        if (!names.Any(fields.ContainsKey))
            return null;
        if (names.FirstOrDefault(name => !fields.ContainsKey(name)) is { } missing)
            throw Invalid($"Bucket POST must contain a field named '{missing}'.");

        var policy = Encoding.UTF8.GetBytes(fields["policy"]);
        var scope = isVersion4 ? ScopeOf(fields) : null;
        if (scope is not null && region is not null && scope.Region != region)
            throw Invalid($"the region '{scope.Region}' is wrong; expecting '{region}'");
        var account =
            await accounts(scope?.AccessKey ?? fields["AWSAccessKeyId"], cancel)
            ?? throw new RejectedException(
                ErrorCode.InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            );
        var expected = scope is null
            ? Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(account.Secret), policy))
            : Convert.ToHexStringLower(HMACSHA256.HashData(SigningKeys.Derive(scope, account.Secret), policy));
        var given = fields[scope is null ? "signature" : "x-amz-signature"];
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given))
            ? (account.Caller, scope is null ? VerifiedRequest.Version2 : SigV4Claim.Algorithm)
            : throw new RejectedException(
                ErrorCode.SignatureDoesNotMatch,
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method."
            );
    }

    static CredentialScope ScopeOf(IReadOnlyDictionary<string, string> fields)
    {
        if (fields["x-amz-algorithm"] != SigV4Claim.Algorithm)
            throw Invalid($"x-amz-algorithm only supports \"{SigV4Claim.Algorithm}\"");
        var scope = CredentialScope.Parse(fields["x-amz-credential"], CredentialScope.S3, Invalid);
        return
            fields["x-amz-date"].StartsWith(scope.Day, StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(
                fields["x-amz-date"],
                "yyyyMMdd'T'HHmmss'Z'",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out _
            )
            ? scope
            : throw Invalid("x-amz-date is not the time of the credential.");
    }

    static RejectedException Invalid(string what) => new(ErrorCode.InvalidArgument, what);
}
