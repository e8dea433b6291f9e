using System.Collections.Frozen;
using System.Globalization;

namespace Varve.EventStores.EventStoreDb;

/// <summary>Which node of a cluster to talk to.</summary>
public enum NodePreference
{
    Leader,
    Follower,
    Random,
    ReadOnlyReplica,
}

/// <summary>
/// Where an EventStoreDB is and how to talk to it: <c>esdb://[user:password@]host[:port][,host…][?key=value&amp;…]</c>.
/// Also with <c>kurrentdb</c> or <c>kdb</c>, and <c>+discover</c> where the host is a DNS name of a cluster. Keys are
/// those of the official clients, in any case; user and password may be percent-encoded.
/// </summary>
public sealed record ConnectionString
{
    const int DefaultPort = 2113;

    /// <summary>Keys of the clients that mean nothing here: their work is done otherwise, and they harm nobody.
    /// </summary>
    static readonly FrozenSet<string> Ignored = new[] { "throwonappendfailure" }.ToFrozenSet();

    public required IReadOnlyList<(string Host, int Port)> Hosts { get; init; }

    /// <summary>Ask the hosts by gossip who is in the cluster; else the one host is the server.</summary>
    public bool Discover { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public bool Tls { get; init; } = true;

    public bool VerifyCertificate { get; init; } = true;

    /// <summary>PEM file of the authority that the servers' certificates must come from.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM files of a certificate of one's own, and its key.</summary>
    public string? UserCertFile { get; init; }

    public string? UserKeyFile { get; init; }

    public string ConnectionName { get; init; } = $"varve-{Guid.NewGuid()}";

    public NodePreference NodePreference { get; init; }

    public int MaxDiscoverAttempts { get; init; } = 10;

    public TimeSpan DiscoveryInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan GossipTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Of one try of a call that writes.</summary>
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of pings while nothing else is sent; infinite for none.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="FormatException">The message says what is wrong, and never shows the password.</exception>
    public static ConnectionString Parse(string text)
    {
        var scheme = text.Split("://", 2);
        if (scheme.Length < 2)
            throw new FormatException("it does not begin with esdb://");
        var discover = scheme[0].EndsWith("+discover", StringComparison.OrdinalIgnoreCase);
        var name = discover ? scheme[0][..^"+discover".Length] : scheme[0];
        if (name.ToLowerInvariant() is not ("esdb" or "kurrentdb" or "kdb"))
            throw new FormatException($"'{scheme[0]}' is none of esdb, kurrentdb, kdb, each also with +discover");

        var question = scheme[1].IndexOf('?', StringComparison.Ordinal);
        var authority = question < 0 ? scheme[1] : scheme[1][..question];
        var query = question < 0 ? "" : scheme[1][(question + 1)..];
        var at = authority.LastIndexOf('@');
        var hosts = HostsOf(authority[(at + 1)..].TrimEnd('/'));
        var parsed = new ConnectionString { Hosts = hosts, Discover = discover || hosts.Length > 1 };
        if (at >= 0)
            parsed = WithCredentials(parsed, authority[..at]);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
            parsed = With(parsed, pair);
        return (parsed.UserCertFile is null) == (parsed.UserKeyFile is null)
            ? parsed
            : throw new FormatException("userCertFile and userKeyFile go together");
    }

    static (string Host, int Port)[] HostsOf(string text) => [.. text.Split(',').Select(HostOf)];

    static (string Host, int Port) HostOf(string text)
    {
        // A port is what follows the last colon, but not within the brackets of an IPv6 address.
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        if (host.Length == 0 || Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new FormatException($"'{text}' is not a host, or a host and a port");
        if (!hasPort)
            return (host, DefaultPort);
        return
            int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            ? (host, port)
            : throw new FormatException($"'{text}' has no port from 1 to 65535");
    }

    static ConnectionString WithCredentials(ConnectionString parsed, string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? parsed with
            {
                User = Uri.UnescapeDataString(text[..colon]),
                Password = Uri.UnescapeDataString(text[(colon + 1)..]),
            }
            : throw new FormatException("before the @ it has a user, a colon and a password");
    }

    static ConnectionString With(ConnectionString parsed, string pair)
    {
        var parts = pair.Split('=', 2);
        if (parts.Length < 2)
            throw new FormatException($"'{pair}' is not key=value");
        var (key, value) = (parts[0], Uri.UnescapeDataString(parts[1]));
        return key.ToLowerInvariant() switch
        {
            "tls" => parsed with { Tls = Flag(key, value) },
            "tlsverifycert" => parsed with { VerifyCertificate = Flag(key, value) },
            "tlscafile" => parsed with { CaFile = FileOf(key, value) },
            "usercertfile" => parsed with { UserCertFile = FileOf(key, value) },
            "userkeyfile" => parsed with { UserKeyFile = FileOf(key, value) },
            "connectionname" => parsed with { ConnectionName = value },
            "nodepreference" => parsed with { NodePreference = Preference(key, value) },
            "maxdiscoverattempts" => parsed with { MaxDiscoverAttempts = Number(key, value, least: 1) },
            "discoveryinterval" => parsed with { DiscoveryInterval = Milliseconds(key, value) },
            "gossiptimeout" => parsed with { GossipTimeout = Milliseconds(key, value) },
            "defaultdeadline" => parsed with { DefaultDeadline = Milliseconds(key, value) },
            "keepaliveinterval" => parsed with { KeepAliveInterval = MillisecondsOrOff(key, value) },
            "keepalivetimeout" => parsed with { KeepAliveTimeout = MillisecondsOrOff(key, value) },
            var other when Ignored.Contains(other) => parsed,
            _ => throw new FormatException($"there is no key '{key}'"),
        };
    }

    static bool Flag(string key, string value) =>
        bool.TryParse(value, out var flag) ? flag : throw new FormatException($"{key} is true or false, not '{value}'");

    static int Number(string key, string value, int least) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= least
            ? number
            : throw new FormatException($"{key} is a whole number from {least} on, not '{value}'");

    static TimeSpan Milliseconds(string key, string value) => TimeSpan.FromMilliseconds(Number(key, value, least: 1));

    static TimeSpan MillisecondsOrOff(string key, string value) =>
        value == "-1" ? Timeout.InfiniteTimeSpan : Milliseconds(key, value);

    static string FileOf(string key, string value) =>
        File.Exists(value) ? value : throw new FormatException($"{key}: there is no file '{value}'");

    static NodePreference Preference(string key, string value) =>
        Enum.TryParse<NodePreference>(value, ignoreCase: true, out var preference) && !int.TryParse(value, out _)
            ? preference
            : throw new FormatException($"{key} is leader, follower, random or readOnlyReplica, not '{value}'");

    /// <summary>Without the password.</summary>
    public override string ToString() =>
        $"esdb{(Discover ? "+discover" : "")}://{string.Join(',', Hosts.Select(h => $"{h.Host}:{h.Port}"))}";
}
