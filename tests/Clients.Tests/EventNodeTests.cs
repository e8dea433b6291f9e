using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>@eventstore/db-client and @kurrent/kurrentdb-client from npm against the node; the scenes are in
/// node/events.mjs.</summary>
public sealed class EventNodeTests(OpenNode node) : IClassFixture<OpenNode>
{
    static readonly string[] Clients = ["eventstore", "kurrent"];

    static readonly string[] Scenes =
    [
        "appends with each expectation",
        "is told the wrong expected version",
        "appends the same events again",
        "appends by both calls",
        "appends from many at once",
        "refuses what is too large",
        "reads forwards, backwards and from",
        "keeps what is no JSON",
        "does not find, and finds deleted",
        "keeps metadata, and shows what it says",
        "reads $all",
        "resolves links",
        "subscribes to a stream, and on",
        "subscribes to what is not there yet",
        "subscribes to $all with filters",
        "is told how far a filter has looked",
        "goes on from where it was",
        "discovers a cluster of one",
    ];

    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var client in Clients)
            foreach (var scene in Scenes)
                all.Add(client, scene);
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public Task The_official_client(string client, string scene) =>
        Scene.Run(client, scene, ("ESDB", $"esdb://127.0.0.1:{node.Process.Events.Port}?tls=false"));

    [Theory, InlineData("eventstore"), InlineData("kurrent")]
    public async Task The_official_client_reconnects(string client)
    {
        using var data = new DataFolder();
        var (rest, events) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        var start =
            $"dotnet '{ServerProcess.Program}' serve --roles events --events-insecure --data '{data.Path}' "
            + $"--rest {rest} --events {events}";
        await Scene.Run(
            client,
            "reconnects after a restart",
            ("ESDB", $"esdb://127.0.0.1:{events.Port}?tls=false"),
            ("VARVE", start)
        );
    }
}

/// <summary>A node with accounts and a certificate beside a whole server.</summary>
public sealed class GuardedNodeTests(GuardedNode node) : IClassFixture<GuardedNode>
{
    [Theory]
    [InlineData("eventstore", GuardedNode.Auditor), InlineData("kurrent", GuardedNode.Auditor)]
    [InlineData("eventstore", ServerProcess.Root), InlineData("kurrent", ServerProcess.Root)]
    public Task An_auditor_reads_and_cannot_write(string client, string user) =>
        Scene.Run(
            client,
            "reads as an auditor and cannot write",
            ("ESDB", node.As(user, GuardedNode.PasswordOf(user))),
            ("ESDB_USER", user),
            ("ESDB_PASSWORD", GuardedNode.PasswordOf(user))
        );

    [Theory]
    [InlineData("eventstore", GuardedNode.Auditor, "a wrong one"), InlineData("kurrent", GuardedNode.Auditor, "wrong")]
    [InlineData("eventstore", GuardedNode.User, GuardedNode.Password)]
    [InlineData("kurrent", GuardedNode.User, GuardedNode.Password)]
    [InlineData("eventstore", "varve", "not the writer's password")]
    public Task Nobody_else_gets_in(string client, string user, string password) =>
        Scene.Run(client, "is turned away with a wrong password", ("ESDB", node.As(user, password)));

    [Theory, InlineData("eventstore"), InlineData("kurrent")]
    public Task Varves_own_processes_write(string client) =>
        Scene.Run(
            client,
            "writes with Varve's own credentials",
            ("ESDB", node.As("varve", GuardedNode.WriterPassword))
        );
}

static class Scene
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task Run(string client, string scene, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("node")
        {
            ArgumentList = { NodeTests.Script("events.mjs"), client, scene },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("no node");
        try
        {
            var said = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(limit.Token),
                process.StandardError.ReadToEndAsync(limit.Token)
            );
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{client} {scene}: exit {process.ExitCode}\n{string.Concat(said)}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>The log alone, open to anybody.</summary>
public sealed class OpenNode : IAsyncLifetime
{
    readonly DataFolder data = new();

    public ServerProcess Process { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Process = await ServerProcess.StartWithEvents(
            data.Path,
            "events",
            ServerProcess.FreePort(),
            environment: [],
            ["--roles", "events", "--events-insecure"],
            TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        data.Dispose();
    }
}

/// <summary>A whole server that serves its log by TLS, to those who may.</summary>
public sealed class GuardedNode : IAsyncLifetime
{
    public const string Auditor = "audit-ana";
    public const string User = "user-ulf";
    public const string Password = "open-sesame";
    public const string WriterPassword = "the-writers-own-password";

    readonly DataFolder data = new();
    readonly DataFolder keys = new();
    ServerProcess process = null!;
    string authority = "";

    public static string PasswordOf(string user) => user == ServerProcess.Root ? ServerProcess.Secret : Password;

    public string As(string user, string password) =>
        $"esdb://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(password)}@localhost:{process.Events.Port}"
        + $"?tls=true&tlsCAFile={Uri.EscapeDataString(authority)}";

    public async ValueTask InitializeAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        authority = Path.Combine(keys.Path, "authority.crt");
        var (certificate, key) = (Path.Combine(keys.Path, "node.crt"), Path.Combine(keys.Path, "node.key"));
        WriteCertificates(authority, certificate, key);
        process = await ServerProcess.StartWithEvents(
            data.Path,
            "events-tls",
            ServerProcess.FreePort("https"),
            [
                ("Varve__Events__Certificate", certificate),
                ("Varve__Events__Key", key),
                ("Varve__Events__WriterPassword", WriterPassword),
            ],
            more: [],
            cancel
        );
        using var http = new HttpClient { BaseAddress = process.Rest };
        foreach (var user in new[] { Auditor, User })
            (await Post(http, "user/signup", ("username", user), ("password", Password))).EnsureSuccessStatusCode();
        var signedIn = await Post(
            http,
            "user/signin",
            ("username", ServerProcess.Root),
            ("password", ServerProcess.Secret)
        );
        using var token = System.Text.Json.JsonDocument.Parse(await signedIn.Content.ReadAsStringAsync(cancel));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            token.RootElement.GetProperty("data").GetProperty("Token").GetString()
        );
        (await Post(http, "user/auditor", ("name", Auditor), ("auditor", "true"))).EnsureSuccessStatusCode();
    }

    static Task<HttpResponseMessage> Post(HttpClient http, string path, params (string, string)[] form) =>
        http.PostAsync(
            new Uri(path, UriKind.Relative),
            new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Item1, field.Item2)))
        );

    /// <summary>An authority and a server's certificate from it: some clients take no certificate for both.</summary>
    static void WriteCertificates(string authority, string certificate, string key)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Varve test authority", authorityKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        using var issuer = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest("CN=localhost", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        leaf.CertificateExtensions.Add(names.Build());
        leaf.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        using var made = leaf.Create(issuer, now.AddDays(-1), now.AddDays(29), RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(authority, issuer.ExportCertificatePem());
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(key, own.ExportPkcs8PrivateKeyPem());
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        data.Dispose();
        keys.Dispose();
    }
}
