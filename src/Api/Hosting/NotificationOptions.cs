using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Varve.Workers.Notifications;

namespace Varve.Api.Hosting;

/// <summary>Whom events of buckets can be told. Section <c>Varve:Notifications</c>: a section of its name each, with
/// <c>Url</c> (a webhook; <c>Authorization</c> and <c>TimeoutSeconds</c> are its own), or with <c>RoutingKey</c> and
/// <c>Exchange</c> in RabbitMQ.</summary>
static partial class NotificationOptions
{
    const int TimeoutMost = 300;

    static readonly string[] Keys = ["Url", "Authorization", "TimeoutSeconds", "Exchange", "RoutingKey"];

    /// <summary>As rules name them: <c>name:webhook</c>, <c>name:rabbitmq</c>.</summary>
    /// <exception cref="SettingsException">A value is not allowed, or one is missing; the message names its key.
    /// </exception>
    public static IReadOnlySet<string> Names(IConfiguration configuration) =>
        Sections(configuration).Select(NameOf).ToFrozenSet(StringComparer.Ordinal);

    /// <param name="broker">Null where there is none.</param>
    /// <inheritdoc cref="Names"/>
    public static IReadOnlyList<IEventDestination> Open(
        IConfiguration configuration,
        Uri? broker,
        TimeProvider clock,
        ILoggerFactory loggers
    ) => [.. Sections(configuration).Select(one => Open(one, broker, clock, loggers))];

    static IEnumerable<IConfigurationSection> Sections(IConfiguration configuration) =>
        configuration.GetSection("Varve:Notifications").GetChildren();

    static string NameOf(IConfigurationSection section)
    {
        if (!Allowed().IsMatch(section.Key))
            throw Wrong(section, "", "a name has 1 to 64 of A-Z, a-z, 0-9, '-' and '_'.");
        foreach (var value in section.GetChildren())
            if (!Keys.Contains(value.Key, StringComparer.OrdinalIgnoreCase))
                throw Wrong(section, value.Key, $"no such key; there are {string.Join(", ", Keys)}.");
        return (section["Url"], section["RoutingKey"]) switch
        {
            (not null, null) => $"{section.Key}:webhook",
            (null, not null) => $"{section.Key}:rabbitmq",
            _ => throw Wrong(section, "Url", "either it or RoutingKey is set."),
        };
    }

    static IEventDestination Open(
        IConfigurationSection section,
        Uri? broker,
        TimeProvider clock,
        ILoggerFactory loggers
    )
    {
        _ = NameOf(section);
        return section["RoutingKey"] is { } routingKey
            ? new RabbitExchange(
                section.Key,
                broker ?? throw Wrong(section, "RoutingKey", "Varve:RabbitMq, the broker, is not set."),
                section["Exchange"] ?? "",
                routingKey,
                clock,
                loggers.CreateLogger<RabbitExchange>()
            )
            : new Webhook(section.Key, UrlOf(section), section["Authorization"], TimeoutOf(section));
    }

    static Uri UrlOf(IConfigurationSection section) =>
        Uri.TryCreate(section["Url"], UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw Wrong(section, "Url", $"'{section["Url"]}' is not like https://example.com/events");

    static TimeSpan TimeoutOf(IConfigurationSection section) =>
        section["TimeoutSeconds"] is not { } text ? TimeSpan.FromSeconds(10)
        : int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= TimeoutMost
            ? TimeSpan.FromSeconds(seconds)
        : throw Wrong(section, "TimeoutSeconds", $"'{text}' is not a number of seconds from 1 to {TimeoutMost}.");

    static SettingsException Wrong(IConfigurationSection section, string key, string what) =>
        new($"Notifications:{section.Key}{(key.Length == 0 ? "" : $":{key}")}", what);

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex Allowed();
}
