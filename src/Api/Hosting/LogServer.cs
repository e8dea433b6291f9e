using Microsoft.AspNetCore.Server.Kestrel.Core;
using Varve.Api.Identity;
using Varve.EventStores.Embedded;
using Varve.EventStores.Node;

namespace Varve.Api.Hosting;

/// <summary>
/// The role <c>events</c> alone: the embedded log, served by EventStoreDB's protocol, as a one-node stand-in for the
/// store of a cluster. On the port of REST there are health and metrics.
/// </summary>
sealed class LogServer : IAsyncDisposable
{
    readonly DataFolder folder;
    readonly EmbeddedEventStore log;
    readonly EventNode node;
    readonly WebApplication web;
    readonly ILoggerFactory loggers;

    LogServer(DataFolder folder, EmbeddedEventStore log, EventNode node, WebApplication web, ILoggerFactory loggers)
    {
        (this.folder, this.log, this.node) = (folder, log, node);
        (this.web, this.loggers) = (web, loggers);
    }

    /// <summary>Returns when the log answers.</summary>
    /// <param name="flags">Settings that win over files and environment, as <c>Varve:…</c> keys.</param>
    /// <exception cref="SettingsException">A setting is wrong, or the data folder cannot be had.</exception>
    public static async Task<LogServer> Start(
        IEnumerable<KeyValuePair<string, string?>> flags,
        bool jsonLog,
        CancellationToken cancel
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(flags);
        builder.Logging.AddVarveConsole(jsonLog);
        var settings = Settings.From(builder.Configuration);
        var options =
            EventsOptions.From(builder.Configuration)
            ?? throw new SettingsException("Events:Url", "the role events needs it (--events http://127.0.0.1:2113).");
        if (settings.EventStore is not null)
            throw new SettingsException("EventStore", "the role events serves the log of its own data folder.");
        var opened = new Stack<IAsyncDisposable>();
        var loggers = LoggerFactory.Create(logging =>
            logging.AddVarveConsole(jsonLog).AddConfiguration(builder.Configuration.GetSection("Logging"))
        );
        try
        {
            var folder = DataFolder.Claim(settings.Data);
            opened.Push(folder);
            var logger = loggers.CreateLogger<EmbeddedEventStore>();
            var log = EmbeddedEventStore.Open(folder.Root, TimeProvider.System, logger);
            opened.Push(log);
            var root = RootAccount.Load(
                folder.Identity,
                Environment.GetEnvironmentVariable("VARVE_ROOT_USER"),
                Environment.GetEnvironmentVariable("VARVE_ROOT_PASSWORD")
            );
            var readers = new LogReaders(options, root, accounts: null, TimeProvider.System);
            var node = await EventNode.Start(options.Node(readers.Judge), log, TimeProvider.System, loggers, cancel);
            opened.Push(node);
            var web = BuildWeb(builder, settings, log);
            opened.Push(web);
            await web.StartAsync(cancel);
            Console.WriteLine(
                $"Varve is ready.  Events: {node.Address}  Health: {web.Urls.First()}  Data: {folder.Root}"
            );
            root.Announce();
            return new(folder, log, node, web, loggers);
        }
        catch
        {
            while (opened.TryPop(out var part))
                await part.DisposeAsync();
            loggers.Dispose();
            throw;
        }
    }

    static WebApplication BuildWeb(WebApplicationBuilder builder, Settings settings, EmbeddedEventStore log)
    {
        builder
            .WebHost.UseUrls()
            .ConfigureKestrel(kestrel => kestrel.Listen(settings.Rest, port => port.Protocols = HttpProtocols.Http1));
        builder.Services.AddTelemetry(builder.Configuration);
        var web = builder.Build();
        web.MapGet("/healthz", () => TypedResults.Text("ok"));
        web.MapGet(
            "/readyz",
            async (CancellationToken cancel) =>
            {
                var head = (await log.Head(cancel)).Value;
                return TypedResults.Json(
                    new Health.Readiness(Ready: true, head, Reached: head, Fault: null, Stopped: [])
                );
            }
        );
        web.MapPrometheusScrapingEndpoint("/metrics");
        return web;
    }

    /// <summary>Returns after SIGTERM or SIGINT.</summary>
    public Task UntilStopped() => web.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        await node.DisposeAsync();
        await log.DisposeAsync();
        await folder.DisposeAsync();
        loggers.Dispose();
    }
}
