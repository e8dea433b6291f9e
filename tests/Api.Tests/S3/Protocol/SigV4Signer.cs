using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Varve.Api.Tests.S3.Protocol;

/// <summary>A client's side of SigV4, written from AWS's documents and sharing nothing with the verifier.</summary>
sealed record SigV4Signer(string AccessKey, string SecretKey, string Region, DateTimeOffset Time)
{
    public string Service { get; init; } = "s3";

    public static readonly SigV4Signer Example = new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "us-east-1",
        new(2013, 5, 24, 0, 0, 0, TimeSpan.Zero)
    );

    public string Timestamp => Time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
    public string Scope => $"{Timestamp[..8]}/{Region}/{Service}/aws4_request";

    /// <summary>Adds x-amz-date, x-amz-content-sha256 and Authorization; signs every header that is there.</summary>
    /// <param name="path">Encoded as it is sent and signed.</param>
    /// <param name="query">Decoded names and values.</param>
    /// <returns>The signature.</returns>
    public string SignHeaders(
        string method,
        string path,
        IEnumerable<(string Name, string Value)> query,
        IHeaderDictionary headers,
        string payload
    )
    {
        headers["x-amz-content-sha256"] = payload;
        return SignWithoutHash(method, path, query, headers, payload);
    }

    /// <summary>As clients of other services than S3 do: the body's hash is signed, and not sent.</summary>
    public string SignWithoutHash(
        string method,
        string path,
        IEnumerable<(string Name, string Value)> query,
        IHeaderDictionary headers,
        string payload
    )
    {
        headers["x-amz-date"] = Timestamp;
        var names = headers.Keys.Select(n => n.ToLowerInvariant()).Order(StringComparer.Ordinal).ToArray();
        var signature = Sign(method, path, query, headers, names, payload);
        headers["Authorization"] =
            $"AWS4-HMAC-SHA256 Credential={AccessKey}/{Scope},SignedHeaders={string.Join(';', names)},Signature={signature}";
        return signature;
    }

    /// <returns>The raw target, with the signature in its query.</returns>
    public string Presign(
        string method,
        string path,
        IEnumerable<(string Name, string Value)> query,
        IHeaderDictionary headers,
        int expiresSeconds
    )
    {
        var names = headers.Keys.Select(n => n.ToLowerInvariant()).Order(StringComparer.Ordinal).ToArray();
        (string, string)[] all =
        [
            .. query,
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", $"{AccessKey}/{Scope}"),
            ("X-Amz-Date", Timestamp),
            ("X-Amz-Expires", expiresSeconds.ToString(CultureInfo.InvariantCulture)),
            ("X-Amz-SignedHeaders", string.Join(';', names)),
        ];
        var signature = Sign(method, path, all, headers, names, "UNSIGNED-PAYLOAD");
        return $"{path}?{Query(all)}&X-Amz-Signature={signature}";
    }

    public static string Query(IEnumerable<(string Name, string Value)> query) =>
        string.Join(
            '&',
            query
                .Select(p => (Name: Uri.EscapeDataString(p.Name), Value: Uri.EscapeDataString(p.Value)))
                .OrderBy(p => p.Name, StringComparer.Ordinal)
                .ThenBy(p => p.Value, StringComparer.Ordinal)
                .Select(p => $"{p.Name}={p.Value}")
        );

    /// <summary>Frames a payload as aws-chunked.</summary>
    /// <param name="seed">The request's signature; null for unsigned chunks.</param>
    /// <param name="trailer">Null for none. Signed where the chunks are.</param>
    public byte[] Chunked(IEnumerable<byte[]> chunks, string? seed, (string Name, string Value)? trailer)
    {
        var wire = new MemoryStream();
        var previous = seed;
        foreach (var chunk in chunks.Append([]))
        {
            var extension = "";
            if (previous is not null)
            {
                previous = Hex(
                    Mac($"AWS4-HMAC-SHA256-PAYLOAD\n{Timestamp}\n{Scope}\n{previous}\n{HashHex([])}\n{HashHex(chunk)}")
                );
                extension = $";chunk-signature={previous}";
            }
            wire.Write(Encoding.ASCII.GetBytes($"{chunk.Length:x}{extension}\r\n"));
            wire.Write(chunk);
            if (chunk.Length > 0)
                wire.Write("\r\n"u8);
        }
        if (trailer is { } t)
        {
            wire.Write(Encoding.ASCII.GetBytes($"{t.Name}:{t.Value}\r\n"));
            if (previous is not null)
            {
                var hash = HashHex(Encoding.ASCII.GetBytes($"{t.Name}:{t.Value}\n"));
                var signature = Hex(Mac($"AWS4-HMAC-SHA256-TRAILER\n{Timestamp}\n{Scope}\n{previous}\n{hash}"));
                wire.Write(Encoding.ASCII.GetBytes($"x-amz-trailer-signature:{signature}\r\n"));
            }
        }
        wire.Write("\r\n"u8);
        return wire.ToArray();
    }

    public static string HashHex(byte[] bytes) => Hex(SHA256.HashData(bytes));

    public byte[] SigningKey()
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + SecretKey);
        foreach (var part in Scope.Split('/'))
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return key;
    }

    string Sign(
        string method,
        string path,
        IEnumerable<(string, string)> query,
        IHeaderDictionary headers,
        string[] names,
        string payload
    )
    {
        var lines = names.Select(n =>
            $"{n}:{string.Join(',', headers[n].Select(v => string.Join(' ', v!.Split(' ', StringSplitOptions.RemoveEmptyEntries))))}\n"
        );
        var canonical =
            $"{method}\n{path}\n{Query(query)}\n{string.Concat(lines)}\n{string.Join(';', names)}\n{payload}";
        return Hex(Mac($"AWS4-HMAC-SHA256\n{Timestamp}\n{Scope}\n{HashHex(Encoding.UTF8.GetBytes(canonical))}"));
    }

    byte[] Mac(string text) => HMACSHA256.HashData(SigningKey(), Encoding.UTF8.GetBytes(text));

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
