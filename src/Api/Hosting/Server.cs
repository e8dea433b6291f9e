using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Varve.Api.Control;
using Varve.Api.Rest;
using Varve.EventStores.Node;

namespace Varve.Api.Hosting;

/// <summary>A running Varve: the engine and the two ports in front of it.</summary>
public sealed class Server : IAsyncDisposable
{
    readonly Engine engine;
    readonly WebApplication web;
    readonly EventNode? events;
    readonly ILoggerFactory loggers;

    Server(Engine engine, WebApplication web, EventNode? events, ILoggerFactory loggers) =>
        (this.engine, this.web, this.events, this.loggers) = (engine, web, events, loggers);

    /// <summary>Where REST and the web page listen.</summary>
    public Uri Rest => AddressOf(0);

    /// <summary>Where S3 listens; in a process of the role api.</summary>
    public Uri S3 => AddressOf(1);

    /// <summary>Where the log is served; null if it is not.</summary>
    public Uri? Events => events?.Address;

    /// <summary>Starts everything and returns when both ports answer.</summary>
    /// <param name="flags">Settings that win over files and environment, as <c>Varve:…</c> keys.</param>
    /// <exception cref="SettingsException">A setting is wrong, or the data folder cannot be had.</exception>
    public static async Task<Server> Start(
        IEnumerable<KeyValuePair<string, string?>> flags,
        bool jsonLog,
        CancellationToken cancel
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(flags);
        builder.Logging.AddVarveConsole(jsonLog);
        var settings = Settings.From(builder.Configuration);
        var serving = EventsOptions.From(builder.Configuration);
        if (serving is not null && settings.EventStore is not null)
            throw new SettingsException(
                "Events:Url",
                "the log is in another server (Varve:EventStore): auditors connect to that."
            );
        var serves = settings.Roles.HasFlag(Roles.Api);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(settings);
            kestrel.ListenControl(DataFolder.ControlOf(settings.Data));
        });
        builder.WebHost.UseUrls();

        var loggers = LoggerFactory.Create(logging =>
            logging.AddVarveConsole(jsonLog).AddConfiguration(builder.Configuration.GetSection("Logging"))
        );
        // Most of a start is compiling, and there is more than one core: engine and surfaces start side by side.
        Task<Engine> Start() => Engine.Start(settings, builder.Configuration, loggers, cancel);
        var logger = loggers.CreateLogger<WaitingRoom>();
        var starting = Task.Run(
            () => settings.Outside ? WaitingRoom.WaitFor(Start, settings, logger, cancel) : Start(),
            cancel
        );
        Engine? engine = null;
        builder
            .Services.AddSingleton<IMemoryPoolFactory<byte>, PinnedBlockPoolFactory>()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(_ => engine!.Backend)
            .AddSingleton(_ => engine!.Accounts)
            .AddSingleton(_ => engine!.Redis!) // null where there is none
            .AddRest(builder.Configuration)
            .AddTelemetry(builder.Configuration);
        var web = builder.Build();
        web.UseControl(() => engine!);
        if (serves)
            web.UseS3(() => engine!, settings, loggers);
        web.UseRouting();
        if (serves)
            web.MapRest();
        web.MapHealth(() => engine!);
        web.MapPrometheusScrapingEndpoint("/metrics");

        engine = await starting;
        EventNode? events = null;
        try
        {
            ControlSurface.Prepare(DataFolder.ControlOf(engine.Folder.Root));
            if (serving is not null)
                events = await engine.Serve(serving, loggers, cancel);
            await web.StartAsync(cancel);
        }
        catch
        {
            if (events is not null)
                await events.DisposeAsync();
            await engine.DisposeAsync();
            throw;
        }
        var server = new Server(engine, web, events, loggers);
        server.Announce();
        return server;
    }

    /// <summary>Returns after SIGTERM or SIGINT, when the requests under way have been answered.</summary>
    public Task UntilStopped() => web.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await web.StopAsync();
        await web.DisposeAsync();
        if (events is not null)
            await events.DisposeAsync();
        await engine.DisposeAsync();
        loggers.Dispose();
    }

    void Announce()
    {
        var log = Events is { } address ? $"  Events: {address}" : "";
        if (engine.Roles.HasFlag(Roles.Api))
            Console.WriteLine($"Varve is ready.  Web and REST: {Rest}  S3: {S3}{log}  Data: {engine.Folder.Root}");
        else
            Console.WriteLine(
                $"Varve is ready.  Roles: {engine.Roles}  Health: {Rest}{log}  Data: {engine.Folder.Root}"
            );
        if (engine.Roles.HasFlag(Roles.Api))
            engine.Root.Announce();
    }

    Uri AddressOf(int index)
    {
        var addresses = web
            .Services.GetRequiredService<IServer>()
            .Features.GetRequiredFeature<IServerAddressesFeature>();
        return new(addresses.Addresses.ElementAt(index));
    }
}
