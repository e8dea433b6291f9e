using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>A form as a browser sends one, and its policy.</summary>
sealed class PostForm
{
    const string Boundary = "----boundary-of-a-form";

    readonly List<(string Name, string Value)> fields = [];

    public PostForm Field(string name, string value)
    {
        fields.Add((name, value));
        return this;
    }

    /// <summary>Signed by version 4, with the fields that this needs, and conditions for them.</summary>
    public PostForm SignedBy(string user, object[] conditions, TimeSpan? valid = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var day = now.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var time = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var credential = $"{user}/{day}/us-east-1/s3/aws4_request";
        Field("x-amz-algorithm", "AWS4-HMAC-SHA256").Field("x-amz-credential", credential).Field("x-amz-date", time);
        var policy = Policy(
            [
                .. conditions,
                new Dictionary<string, string> { ["x-amz-algorithm"] = "AWS4-HMAC-SHA256" },
                new Dictionary<string, string> { ["x-amz-credential"] = credential },
                new Dictionary<string, string> { ["x-amz-date"] = time },
            ],
            now + (valid ?? TimeSpan.FromMinutes(5))
        );
        var key = HMACSHA256.HashData(
            Encoding.UTF8.GetBytes($"AWS4{S3Host.SecretOf(user)}"),
            Encoding.UTF8.GetBytes(day)
        );
        foreach (var part in new[] { "us-east-1", "s3", "aws4_request" })
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(policy));
        return Field("policy", policy).Field("x-amz-signature", Convert.ToHexStringLower(signature));
    }

    /// <summary>Signed by version 2.</summary>
    public PostForm SignedOldBy(string user, string policy) =>
        Field("AWSAccessKeyId", user)
            .Field("policy", policy)
            .Field(
                "signature",
                Convert.ToBase64String(
                    HMACSHA1.HashData(Encoding.UTF8.GetBytes(S3Host.SecretOf(user)), Encoding.UTF8.GetBytes(policy))
                )
            );

    public static string Policy(object[] conditions, DateTimeOffset expiration) =>
        Encode(
            new Dictionary<string, object>
            {
                ["expiration"] = expiration.UtcDateTime.ToString(
                    "yyyy-MM-dd'T'HH:mm:ss'Z'",
                    CultureInfo.InvariantCulture
                ),
                ["conditions"] = conditions,
            }
        );

    public static string Encode(object policy) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(policy));

    public Task<RawAnswer> Send(RawS3 raw, string bucket, byte[]? file, string fileName = "foo.txt")
    {
        var body = new MemoryStream();
        foreach (var (name, value) in fields)
            Write(body, $"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        if (file is not null)
        {
            Write(
                body,
                $"--{Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{fileName}\"\r\n"
                    + "Content-Type: text/x-of-the-part\r\n\r\n"
            );
            body.Write(file);
            Write(body, "\r\n");
        }
        Write(body, $"--{Boundary}--\r\n");
        return raw.SendUnsigned(
            "POST",
            $"/{bucket}",
            body.ToArray(),
            ("content-type", $"multipart/form-data; boundary={Boundary}")
        );
    }

    static void Write(MemoryStream body, string text) => body.Write(Encoding.UTF8.GetBytes(text));
}
