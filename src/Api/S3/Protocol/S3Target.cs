using System.Text;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>What a request is about, read from its raw target: decoded once, never normalised.</summary>
/// <param name="Bucket">As named; not yet checked against the rules for names. Null for the service itself.</param>
/// <param name="Key">1 to 1,024 bytes of UTF-8; null for a bucket or the service.</param>
/// <param name="RawPath">The path as it came, which is what was signed.</param>
public sealed record S3Target(string? Bucket, string? Key, S3Query Query, string RawPath)
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int KeyBytesMax = 1024;

    /// <summary>Whether the Host header names the bucket.</summary>
    public bool IsVirtualHosted { get; init; }

    /// <summary>What <c>&lt;Resource&gt;</c> says in an error.</summary>
    public string Resource => Bucket is null ? "/" : $"/{Bucket}" + (Key is null ? "" : $"/{Key}");

    /// <param name="rawTarget"><c>IHttpRequestFeature.RawTarget</c>: origin form, or absolute form.</param>
    /// <param name="host">The Host header.</param>
    /// <param name="domain">Whose sub-domains are buckets, without a port; null where only paths name buckets.</param>
    /// <exception cref="RejectedException">InvalidUri, KeyTooLong, or InvalidBucketName for an empty one.</exception>
    public static S3Target Parse(string rawTarget, string? host, string? domain)
    {
        var target = OriginForm(rawTarget);
        var question = target.Span.IndexOf('?');
        var rawPath = question < 0 ? target : target[..question];
        var query = question < 0 ? S3Query.Empty : S3Query.Parse(target[(question + 1)..]);

        var path = rawPath.Span[1..];
        var bucket = VirtualHost(host, domain);
        var isVirtualHosted = bucket is not null;
        if (bucket is null && !path.IsEmpty)
        {
            var slash = path.IndexOf('/');
            bucket = PercentCoding.Decode(slash < 0 ? path : path[..slash], plusIsSpace: false);
            path = slash < 0 ? default : path[(slash + 1)..];
            if (bucket.Length == 0)
                throw new RejectedException(ErrorCode.InvalidBucketName, "The bucket's name is empty.");
        }
        return new(bucket, path.IsEmpty ? null : ReadKey(path), query, rawPath.ToString())
        {
            IsVirtualHosted = isVirtualHosted,
        };
    }

    static string ReadKey(ReadOnlySpan<char> rawKey)
    {
        var key = PercentCoding.Decode(rawKey, plusIsSpace: false);
        if (key.Length > KeyBytesMax || Encoding.UTF8.GetByteCount(key) > KeyBytesMax)
            throw new RejectedException(ErrorCode.KeyTooLong, "Your key is too long");
        return key;
    }

    static ReadOnlyMemory<char> OriginForm(string rawTarget)
    {
        if (rawTarget.StartsWith('/'))
            return rawTarget.AsMemory();

        var scheme =
            rawTarget.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7
            : rawTarget.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8
            : throw new RejectedException(ErrorCode.InvalidUri, "The target is neither a path nor an http URI.");
        var end = rawTarget.AsSpan(scheme).IndexOfAny('/', '?');
        if (end < 0)
            return "/".AsMemory();
        var rest = rawTarget.AsMemory(scheme + end);
        return rest.Span[0] == '/' ? rest : string.Concat("/", rest.Span).AsMemory();
    }

    static string? VirtualHost(string? host, string? domain)
    {
        if (host is null || string.IsNullOrEmpty(domain))
            return null;
        var name = host.AsSpan();
        var colon = name.LastIndexOf(':');
        if (colon >= 0 && !name[(colon + 1)..].ContainsAnyExceptInRange('0', '9'))
            name = name[..colon];
        var bucketLength = name.Length - domain.Length - 1;
        return
            bucketLength > 0
            && name[bucketLength] == '.'
            && name[(bucketLength + 1)..].Equals(domain, StringComparison.OrdinalIgnoreCase)
            ? name[..bucketLength].ToString().ToLowerInvariant()
            : null;
    }
}
