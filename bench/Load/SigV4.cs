using System.Security.Cryptography;
using System.Text;

namespace Varve.Load;

/// <summary>
/// AWS Signature Version 4 in the Authorization header, for S3. Source: "Authenticating Requests: Using the
/// Authorization Header (AWS Signature Version 4)", Amazon S3 API Reference. Thread-safe.
/// </summary>
public sealed class SigV4(string access, string secret, string region, string host)
{
    public const string Unsigned = "UNSIGNED-PAYLOAD";
    public const string SignedHeaders = "host;x-amz-content-sha256;x-amz-date";

    sealed record Moment(long Second, string Time, string Scope, byte[] Key);

    Moment? _moment;

    /// <param name="path">Already URI-encoded.</param>
    /// <param name="query">Already URI-encoded and sorted by name; empty when there is none.</param>
    /// <returns>The values of x-amz-date and Authorization.</returns>
    public (string Time, string Authorization) Sign(string method, string path, string query, string payloadHash)
    {
        var now = At(TimeProvider.System.GetUtcNow());
        var request =
            $"{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{payloadHash}\nx-amz-date:{now.Time}\n\n"
            + $"{SignedHeaders}\n{payloadHash}";
        var toSign =
            $"AWS4-HMAC-SHA256\n{now.Time}\n{now.Scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var signature = Hex(HMACSHA256.HashData(now.Key, Encoding.UTF8.GetBytes(toSign)));
        return (
            now.Time,
            $"AWS4-HMAC-SHA256 Credential={access}/{now.Scope}, SignedHeaders={SignedHeaders}, Signature={signature}"
        );
    }

    // The key changes with the day and the time with the second: both are kept until then.
    Moment At(DateTimeOffset utc)
    {
        var second = utc.Ticks / TimeSpan.TicksPerSecond;
        if (_moment is { } kept && kept.Second == second)
            return kept;
        var day = utc.ToString("yyyyMMdd");
        byte[] key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var step in (string[])[day, region, "s3", "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(step));
        return _moment = new Moment(
            second,
            utc.ToString("yyyyMMdd'T'HHmmss'Z'"),
            $"{day}/{region}/s3/aws4_request",
            key
        );
    }

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
