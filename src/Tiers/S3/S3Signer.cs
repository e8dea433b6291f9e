using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Varve.Tiers.S3;

/// <summary>
/// Makes requests for objects, signed by AWS Signature Version 4 with the body left out, for much less than an address
/// that the SDK signs costs. Thread-safe.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"/>
sealed class S3Signer(S3TierOptions options, TimeProvider clock)
{
    const string Payload = "UNSIGNED-PAYLOAD";
    const string Signed = "host;x-amz-content-sha256;x-amz-date";

    DayKey? dayKey;

    /// <param name="key">As <see cref="S3Location"/> makes them: nothing in it needs an escape.</param>
    /// <param name="query">Encoded, sorted by name; may be empty.</param>
    public HttpRequestMessage Request(HttpMethod method, string bucket, string key, string query)
    {
        var authority = options.Endpoint.Authority;
        var path = $"/{key}";
        if (options.Addressing == S3Addressing.Virtual)
            authority = $"{bucket}.{authority}";
        else
            path = $"/{bucket}{path}";
        var mark = query.Length > 0 ? "?" : "";
        var time = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

        var request = new HttpRequestMessage(method, $"{options.Endpoint.Scheme}://{authority}{path}{mark}{query}");
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", Payload);
        request.Headers.TryAddWithoutValidation("x-amz-date", time);
        var authorization = Authorize(method, authority, path, query, time);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return request;
    }

    string Authorize(HttpMethod method, string authority, string path, string query, string time)
    {
        var day = time[..8];
        var scope = $"{day}/{options.Region}/s3/aws4_request";
        var canonical =
            $"{method}\n{path}\n{query}\nhost:{authority}\nx-amz-content-sha256:{Payload}\nx-amz-date:{time}\n\n"
            + $"{Signed}\n{Payload}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
        var signature = Convert.ToHexStringLower(Hmac(KeyOf(day), $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}"));
        return $"AWS4-HMAC-SHA256 Credential={options.AccessKey}/{scope},SignedHeaders={Signed},Signature={signature}";
    }

    byte[] KeyOf(string day)
    {
        if (Volatile.Read(ref dayKey) is { } known && known.Day == day)
            return known.Key;
        var key = Hmac(Encoding.UTF8.GetBytes($"AWS4{options.SecretKey}"), day);
        key = Hmac(Hmac(Hmac(key, options.Region), "s3"), "aws4_request");
        Volatile.Write(ref dayKey, new(day, key));
        return key;
    }

    static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    sealed record DayKey(string Day, byte[] Key);
}
