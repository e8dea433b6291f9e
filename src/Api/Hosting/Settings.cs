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
    TimeSpan BarrierWait,
    string? EventStore
)
{
    /// <summary>How long the days of lifecycle rules are: shorter than a day for tests only.</summary>
    public TimeSpan LifecycleDay { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Engines of the cluster that this version cannot speak to yet: setting one must not be
    /// ignored.</summary>
    static readonly string[] NotYet = ["MySql", "MySqlReplica", "Redis", "RabbitMq"];

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
            SecondsOf("Barrier:WaitSeconds", varve["Barrier:WaitSeconds"], 2),
            varve["EventStore"] is { Length: > 0 } eventStore ? eventStore : null
        )
        {
            LifecycleDay = DayOf("Lifecycle:SecondsPerDay", varve["Lifecycle:SecondsPerDay"]),
        };
    }

    /// <summary>One process does everything, or serves the log alone.</summary>
    /// <exception cref="SettingsException">There is no such role, or not in this mix.</exception>
    public static bool EventsAloneOf(string? roles)
    {
        var named = (roles ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (named.FirstOrDefault(role => role is not ("api" or "projector" or "worker" or "events")) is { } unknown)
            throw new SettingsException("Roles", $"'{unknown}' is none of api, projector, worker, events.");
        if (named is ["events"])
            return true;
        return named.Length == 0 || named.Except(["events"]).Distinct().Count() == 3
            ? false
            : throw new SettingsException(
                "Roles",
                "this version runs api,projector,worker in one process, or events alone."
            );
    }

    public static IPEndPoint EndPointOf(string key, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == "http" && url.PathAndQuery == "/"
            ? EndPointOf(key, url)
            : throw new SettingsException(
                key,
                $"'{text}' is not like http://127.0.0.1:8080 (TLS: put a proxy in front)."
            );

    internal static IPEndPoint EndPointOf(string key, Uri url)
    {
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

    static TimeSpan DayOf(string key, string? text) =>
        text is null ? TimeSpan.FromDays(1)
        : int.TryParse(text, out var seconds) && seconds is >= 1 and <= 86_400 ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException(key, $"'{text}' is not a number of seconds from 1 to 86400.");

    static TimeSpan SecondsOf(string key, string? text, double unset) =>
        text is null ? TimeSpan.FromSeconds(unset)
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 60
            ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException(key, $"'{text}' is not a number of seconds from 0 to 60.");
}
