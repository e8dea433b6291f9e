using System.Text.RegularExpressions;
using Varve.Domain.Buckets;
using Varve.Tiers.S3;

namespace Varve.Api.Hosting;

/// <summary>Section <c>Varve:Tiers</c>: the S3 servers that hold contents, <c>ceph</c> and <c>oss</c>, each with
/// <c>Endpoint</c>, <c>AccessKey</c>, <c>SecretKey</c>, <c>Bucket</c>, <c>Region</c> and <c>AddressingStyle</c>.
/// </summary>
static partial class TierOptions
{
    const string Oss = "oss";
    static readonly string[] Names = ["ceph", Oss];
    static readonly string[] Keys = ["Endpoint", "AccessKey", "SecretKey", "Bucket", "Region", "AddressingStyle"];

    /// <exception cref="SettingsException">A value is not allowed, or one is missing; the message names its key.
    /// </exception>
    public static IReadOnlyList<S3TierOptions> From(IConfiguration configuration)
    {
        var tiers = configuration.GetSection("Varve:Tiers").GetChildren().ToList();
        if (tiers.FirstOrDefault(tier => !Names.Contains(tier.Key.ToLowerInvariant())) is { } other)
            throw new SettingsException($"Tiers:{other.Key}", $"a tier is one of {string.Join(", ", Names)}.");
        return [.. tiers.Select(tier => From(tier, tier.Key.ToLowerInvariant()))];
    }

    static S3TierOptions From(IConfigurationSection section, string name)
    {
        foreach (var key in section.GetChildren().Select(value => value.Key))
            if (!Keys.Contains(key, StringComparer.OrdinalIgnoreCase))
                throw new SettingsException(
                    $"Tiers:{name}:{key}",
                    $"no such key; there are {string.Join(", ", Keys)}."
                );
        var endpoint = EndpointOf(name, Required(section, name, "Endpoint"));
        return new()
        {
            Name = name,
            Endpoint = endpoint,
            AccessKey = Required(section, name, "AccessKey"),
            SecretKey = Required(section, name, "SecretKey"),
            Bucket = BucketOf(name, section["Bucket"]),
            Region = section["Region"] is { Length: > 0 } region ? region : RegionOf(name, endpoint),
            Addressing = AddressingOf(name, endpoint, section["AddressingStyle"]),
        };
    }

    static string Required(IConfigurationSection section, string name, string key) =>
        section[key] is { Length: > 0 } value ? value : throw new SettingsException($"Tiers:{name}:{key}", "not set.");

    static Uri EndpointOf(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.PathAndQuery == "/"
            ? url
            : throw new SettingsException(
                $"Tiers:{name}:Endpoint",
                name == Oss
                    ? $"'{text}' is not like https://s3.oss-cn-hangzhou.aliyuncs.com"
                    : $"'{text}' is not like http://127.0.0.1:7480"
            );

    static string BucketOf(string name, string? text) =>
        string.IsNullOrEmpty(text) ? "userfile"
        : BucketName.TryParse(text) is not null ? text
        : throw new SettingsException($"Tiers:{name}:Bucket", $"'{text}' is not a bucket's name.");

    /// <summary>Whatever Ceph is asked for, it takes; OSS has the region in its endpoint.</summary>
    static string RegionOf(string name, Uri endpoint) =>
        name != Oss ? "us-east-1"
        : OssEndpoint().Match(endpoint.Host) is { Success: true } match ? match.Groups[1].Value
        : throw new SettingsException($"Tiers:{name}:Region", "not set, and the endpoint does not say it.");

    static S3Addressing AddressingOf(string name, Uri endpoint, string? text) =>
        (name, text?.ToLowerInvariant()) switch
        {
            (Oss, null or "" or "virtual") => S3Addressing.Virtual,
            (Oss, "path") when endpoint.IsLoopback => S3Addressing.Path, // a stand-in, which has no names for buckets
            (Oss, _) => throw new SettingsException(
                $"Tiers:{name}:AddressingStyle",
                $"'{text}': OSS takes 'virtual' alone."
            ),
            (_, null or "" or "path") => S3Addressing.Path,
            (_, "virtual") => S3Addressing.Virtual,
            _ => throw new SettingsException(
                $"Tiers:{name}:AddressingStyle",
                $"'{text}' is neither 'path' nor 'virtual'."
            ),
        };

    [GeneratedRegex(@"^s3\.oss-(?!accelerate)([a-z0-9-]+?)(-internal)?\.aliyuncs\.com\z")]
    private static partial Regex OssEndpoint();
}
