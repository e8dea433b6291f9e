using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Varve.EventStores.Node;

namespace Varve.Api.Hosting;

/// <summary>Whether and how the log is served by EventStoreDB's protocol. Section <c>Varve:Events</c>.</summary>
/// <param name="EndPoint"><c>Url</c>.</param>
/// <param name="Insecure"><c>Insecure</c>: anybody may read and write.</param>
/// <param name="WriterPassword"><c>WriterPassword</c>: of <see cref="Writer"/>; null where nobody writes.</param>
sealed record EventsOptions(
    IPEndPoint EndPoint,
    X509Certificate2? Certificate,
    bool Insecure,
    string? WriterPassword,
    (string Host, int Port)? Advertised
)
{
    /// <summary>The user by whose name Varve's own processes write.</summary>
    public const string Writer = "varve";

    const int WriterPasswordLeast = 16;

    /// <returns>Null: the log is not served.</returns>
    /// <exception cref="SettingsException">A value is wrong.</exception>
    public static EventsOptions? From(IConfiguration configuration)
    {
        var section = configuration.GetSection("Varve:Events");
        var insecure = InsecureOf(section["Insecure"]);
        if (section["Url"] is not { Length: > 0 } text)
            return insecure
                ? throw new SettingsException("Events:Insecure", "Events:Url (--events) is not set.")
                : null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.PathAndQuery != "/")
            throw new SettingsException("Events:Url", $"'{text}' is not like http://127.0.0.1:2113.");
        var options = new EventsOptions(
            Settings.EndPointOf("Events:Url", url),
            CertificateOf(url, section["Certificate"], section["Key"]),
            insecure,
            WriterPasswordOf(section["WriterPassword"]),
            AdvertisedOf(section["Advertise"])
        );
        return options.Insecure && !IPAddress.IsLoopback(options.EndPoint.Address)
            ? throw new SettingsException(
                "Events:Insecure",
                $"anybody could write to the log from other machines: listen on 127.0.0.1, not on {url.Host}."
            )
            : options;
    }

    static bool InsecureOf(string? text) =>
        text is null ? false
        : bool.TryParse(text, out var insecure) ? insecure
        : throw new SettingsException("Events:Insecure", $"'{text}' is neither true nor false.");

    static X509Certificate2? CertificateOf(Uri url, string? certificate, string? key)
    {
        switch (url.Scheme)
        {
            case "http" when certificate is null && key is null:
                return null;
            case "http":
                throw new SettingsException("Events:Url", "with a certificate it begins with https.");
            case "https" when certificate is not null && key is not null:
                break;
            case "https":
                throw new SettingsException("Events:Certificate", "for https, it and Events:Key name two PEM files.");
            default:
                throw new SettingsException("Events:Url", $"'{url}' begins with neither http nor https.");
        }
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Events:Certificate", fault.Message);
        }
    }

    static string? WriterPasswordOf(string? text) =>
        text is null or { Length: >= WriterPasswordLeast }
            ? text
            : throw new SettingsException(
                "Events:WriterPassword",
                $"who has it writes history: at least {WriterPasswordLeast} characters."
            );

    static (string Host, int Port)? AdvertisedOf(string? text)
    {
        if (text is null)
            return null;
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0
            ? (text[..colon].Trim('[', ']'), port)
            : throw new SettingsException("Events:Advertise", $"'{text}' is not a host, a colon and a port.");
    }

    /// <summary>In constant time.</summary>
    public bool IsWriter(string user, string password) =>
        WriterPassword is not null
        && user == Writer
        && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(password)),
            SHA256.HashData(Encoding.UTF8.GetBytes(WriterPassword))
        );

    public EventNodeOptions Node(NodeJudge judge) => new(EndPoint, Certificate, Insecure ? null : judge, Advertised);

    /// <summary>A record's text has all its fields; this one must not have the password.</summary>
    public override string ToString() => $"{nameof(EventsOptions)} {EndPoint}";
}
