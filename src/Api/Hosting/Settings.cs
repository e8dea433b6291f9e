using System.Collections.Frozen;
using System.Net;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Redis;
using Varve.Projections.Runner;
using Varve.Workers;

namespace Varve.Api.Hosting;

/// <summary>A setting that stops the start. The message names it.</summary>
public sealed class SettingsException(string message) : Exception(message)
{
    /// <param name="key">In section <c>Varve</c>.</param>
    public SettingsException(string key, string message)
        : this($"Varve:{key}: {message}") { }
}

/// <summary>Where Varve listens and keeps its data. Section <c>Varve</c>.</summary>
sealed record Settings(
    string Data,
    IPEndPoint Rest,
    IPEndPoint S3,
    string? S3Domain,
    string? S3Region,
    int SmallContentMax,
    TimeSpan BarrierWait,
    string? EventStore,
    Roles Roles,
    MySqlServer? MySql,
    MySqlServer? MySqlReplica,
    int MySqlShards,
    RedisAddress? Redis
)
{
    /// <summary>How long the days of lifecycle rules are: shorter than a day for tests only.</summary>
    public TimeSpan LifecycleDay { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long contents stay after nothing has them any more: <c>Varve:History:Keep</c>. Null: for ever.
    /// </summary>
    public TimeSpan? HistoryKeep { get; init; }

    /// <summary>Whether keys of SSE-C are taken over plain HTTP.</summary>
    public bool CustomerKeysOverHttp { get; init; }

    /// <summary>Whether AWS's signature of before 2014 is taken too.</summary>
    public bool SignatureV2 { get; init; }

    /// <summary>Whom events of buckets can be told, as rules name them.</summary>
    public IReadOnlySet<string> Destinations { get; init; } = FrozenSet<string>.Empty;

    /// <summary>The master key of SSE-S3, in Base64; null for the data folder's.</summary>
    public string? MasterKey { get; init; }

    /// <summary>Whether parts of this Varve are in other processes, which may be down when this one starts.</summary>
    public bool Outside => EventStore is not null || MySql is not null;

    /// <summary>By which other processes know this one.</summary>
    public string ProcessName { get; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>For what one process at a time does; null where there is one only.</summary>
    /// <param name="name">Of what it does.</param>
    public MySqlLease? Lease(string name, ILoggerFactory loggers) =>
        MySql is null ? null : new(MySql, name, ProcessName, TimeProvider.System, loggers.CreateLogger<MySqlLease>());

    /// <summary>Where workers note how far they are.</summary>
    /// <param name="data">The data folder, for a process that is the only one.</param>
    public ILogPlaces Places(string data) => MySql is null ? new FilePlaces(data) : new MySqlPlaces(MySql);

    /// <exception cref="SettingsException">A value is wrong.</exception>
    public static Settings From(IConfiguration configuration)
    {
        var varve = configuration.GetSection("Varve");
        var settings = new Settings(
            varve["Data"] ?? "data",
            EndPointOf("Rest:Url", varve["Rest:Url"] ?? "http://127.0.0.1:8080"),
            EndPointOf("S3:Url", varve["S3:Url"] ?? "http://127.0.0.1:9000"),
            varve["S3:Domain"],
            varve["S3:Region"],
            SizeOf("Contents:SmallMax", varve["Contents:SmallMax"], 256 * 1024, most: 1024 * 1024),
            SecondsOf("Barrier:WaitSeconds", varve["Barrier:WaitSeconds"], 2),
            varve["EventStore"] is { Length: > 0 } eventStore ? eventStore : null,
            RolesSetting.Parse(varve["Roles"]),
            ServerOf("MySql", varve["MySql"], MySqlServer.Parse),
            ServerOf("MySqlReplica", varve["MySqlReplica"], MySqlServer.Parse),
            ShardsOf(varve["MySqlShards"]),
            ServerOf("Redis", varve["Redis"], RedisAddress.Parse)
        )
        {
            LifecycleDay = DayOf("Lifecycle:SecondsPerDay", varve["Lifecycle:SecondsPerDay"]),
            HistoryKeep = KeepOf("History:Keep", varve["History:Keep"]),
            CustomerKeysOverHttp = FlagOf("S3:CustomerKeysOverHttp", varve["S3:CustomerKeysOverHttp"]),
            SignatureV2 = FlagOf("S3:SignatureV2", varve["S3:SignatureV2"]),
            Destinations = NotificationOptions.Names(configuration),
            MasterKey = varve["Sse:Key"] is { Length: > 0 } master ? master : null,
        };
        settings.Check();
        return settings;
    }

    /// <exception cref="SettingsException">Settings contradict each other.</exception>
    void Check()
    {
        if (MySqlReplica is not null && MySql is null)
            throw new SettingsException("MySqlReplica", "Varve:MySql, its primary, is not set.");
        if (MySqlReplica is not null && MySqlReplica.Database != MySql!.Database)
            throw new SettingsException("MySqlReplica", $"it must name the database {MySql.Database}, as MySql does.");
        if ((Roles & Roles.All) is Roles.All or 0)
            return;
        if (EventStore is null)
            throw new SettingsException("Roles", "other processes do the rest: set Varve:EventStore, which all share.");
        if (MySql is null)
            throw new SettingsException("Roles", "other processes do the rest: set Varve:MySql, which all share.");
    }

    static TServer? ServerOf<TServer>(string key, string? text, Func<string, TServer> parse)
        where TServer : class
    {
        try
        {
            return string.IsNullOrEmpty(text) ? null : parse(text);
        }
        catch (FormatException wrong)
        {
            throw new SettingsException(key, $"{wrong.Message}.");
        }
    }

    static int ShardsOf(string? text) =>
        text is null ? 1
        : int.TryParse(text, out var shards) && FileShards.Counts.Contains(shards) ? shards
        : throw new SettingsException("MySqlShards", $"'{text}' is none of 1, 16, 256.");

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

    static bool FlagOf(string key, string? text) =>
        text is null ? false
        : bool.TryParse(text, out var flag) ? flag
        : throw new SettingsException(key, $"'{text}' is neither true nor false.");

    static int SizeOf(string key, string? text, int unset, int most) =>
        text is null ? unset
        : int.TryParse(text, out var size) && size >= 0 && size <= most ? size
        : throw new SettingsException(key, $"'{text}' is not a number of bytes from 0 to {most}.");

    static TimeSpan DayOf(string key, string? text) =>
        text is null ? TimeSpan.FromDays(1)
        : int.TryParse(text, out var seconds) && seconds is >= 1 and <= 86_400 ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException(key, $"'{text}' is not a number of seconds from 1 to 86400.");

    static TimeSpan? KeepOf(string key, string? text) =>
        string.IsNullOrEmpty(text) ? null
        : TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var keep)
        && keep >= TimeSpan.FromMinutes(1)
        && keep <= TimeSpan.FromDays(36_500)
            ? keep
        : throw new SettingsException(key, $"'{text}' is not a time such as 30.00:00:00, of a minute or more.");

    static TimeSpan SecondsOf(string key, string? text, double unset) =>
        text is null ? TimeSpan.FromSeconds(unset)
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 60
            ? TimeSpan.FromSeconds(seconds)
        : throw new SettingsException(key, $"'{text}' is not a number of seconds from 0 to 60.");
}
