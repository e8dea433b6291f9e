using System.Net;

namespace Varve.Api.Hosting;

/// <summary>A setting that stops the start. The message names it.</summary>
public sealed class SettingsException(string message) : Exception(message)
{
    /// <param name="key">In section <c>Varve</c>.</param>
    public SettingsException(string key, string message)
        : this($"Varve:{key}: {message}") { }
}

/// <summary>Where Varve listens and keeps its data. Section <c>Varve</c>.</summary>
public sealed record Settings(
    string Data,
    IPEndPoint Rest,
    IPEndPoint S3,
    string? S3Domain,
    string? S3Region,
    int SmallContentMax,
    TimeSpan BarrierWait
)
{
    /// <summary>Engines of the cluster that this version cannot speak to yet: setting one must not be
    /// ignored.</summary>
    static readonly string[] NotYet = ["EventStore", "MySql", "MySqlReplica", "Redis", "RabbitMq"];

    /// <exception cref="SettingsException">A value is wrong.</exception>
    public static Settings From(IConfiguration configuration)
    {
        var varve = configuration.GetSection("Varve");
        foreach (var key in NotYet)
            if (!string.IsNullOrEmpty(varve[key]))
                throw new SettingsException(key, "this version runs on the embedded parts alone; remove the setting.");
        return new(
            varve["Data"] ?? "data",
            EndPointOf("Rest:Url", varve["Rest:Url"] ?? "http://127.0.0.1:8080"),
            EndPointOf("S3:Url", varve["S3:Url"] ?? "http://127.0.0.1:9000"),
            varve["S3:Domain"],
            varve["S3:Region"],
            SizeOf("Contents:SmallMax", varve["Contents:SmallMax"], 256 * 1024, most: 1024 * 1024),
            SecondsOf("Barrier:WaitSeconds", varve["Barrier:WaitSeconds"], 2)
        );
    }

    static IPEndPoint EndPointOf(string key, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != "http" || url.PathAndQuery != "/")
            throw new SettingsException(
                key,
                $"'{text}' is not like http://127.0.0.1:8080 (TLS: put a proxy in front)."
            );
        var address = url.Host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" or "+" or "0.0.0.0" => IPAddress.Any,
            var host when IPAddress.TryParse(host.Trim('[', ']'), out var parsed) => parsed,
            var host => throw new SettingsException(key, $"'{host}' is not an IP address, localhost or 0.0.0.0."),
        };
        return new(address, url.Port);
    }

    static int SizeOf(string key, string? text, int unset, int most) =>
        text is null ? unset
        : int.TryParse(text, out var size) && size >= 0 && size <= most ? size
        : throw new SettingsException(key, $"'{text}' is not a number of bytes from 0 to {most}.");

    static TimeSpan SecondsOf(string key, string? text, double unset) =>
        text is null ? TimeSpan.FromSeconds(unset)
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 60
            ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException(key, $"'{text}' is not a number of seconds from 0 to 60.");
}
