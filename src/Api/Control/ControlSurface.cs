using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Varve.Api.Hosting;
using Varve.Domain;
using Varve.Projections.Runner;
using Varve.Workers;

namespace Varve.Api.Control;

/// <summary>
/// What <c>varve projections</c>, <c>notifications</c>, <c>transfers</c>, <c>scrub</c> and <c>bucket</c> ask of a
/// running server: HTTP on a socket in the data folder's <c>control</c>, which its owner alone may enter. Nothing of it
/// can be reached by network.
/// </summary>
static class ControlSurface
{
    /// <summary>A socket's path has 107 bytes at most.</summary>
    const int PathBytesMax = 107;

    static readonly object Mark = new();

    public static bool CanListen(string path) => System.Text.Encoding.UTF8.GetByteCount(path) <= PathBytesMax;

    public static void ListenControl(this KestrelServerOptions kestrel, string path)
    {
        if (CanListen(path))
            kestrel.ListenUnixSocket(
                path,
                socket =>
                {
                    socket.Protocols = HttpProtocols.Http1;
                    socket.Use(next =>
                        connection =>
                        {
                            connection.Items[Mark] = Mark;
                            return next(connection);
                        }
                    );
                }
            );
    }

    /// <summary>To be called before the ports open, by who holds the data folder: a socket that is there was left by a
    /// process that is no more.</summary>
    public static void Prepare(string path)
    {
        var home = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(home);
        else
            Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(path);
    }

    public static void UseControl(this IApplicationBuilder app, Func<Engine> engine) =>
        app.Use(next =>
            http =>
                http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true
                    ? Answer(http, engine())
                    : next(http)
        );

    static async Task Answer(HttpContext http, Engine engine)
    {
        var cancel = http.RequestAborted;
        try
        {
            object? answer = (
                http.Request.Method,
                http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget
            ) switch
            {
                ("GET", ControlPaths.Projections) => await engine.Read.States(cancel),
                ("GET", ControlPaths.Rebuild) => engine.Read.Rebuild?.Progress,
                ("POST", ControlPaths.Rebuild) => await Rebuild(engine, cancel),
                ("POST", ControlPaths.Skip) => await Skip(http, engine.Backend.Barrier.Stopped, engine, cancel),
                ("GET", ControlPaths.Notifications) => engine.Notifications.States,
                ("POST", ControlPaths.SkipNotification) => await Skip(
                    http,
                    engine.Notifications.Stopped,
                    engine,
                    cancel
                ),
                ("GET", ControlPaths.Transfers) => await engine.Copies.Transfers(cancel),
                ("POST", ControlPaths.RetryTransfers) => await Retry(http, engine, cancel),
                ("GET", ControlPaths.Scrub) => engine.Copies.Scrubber.Pass,
                ("POST", ControlPaths.Scrub) => Scrub(engine),
                ("POST", ControlPaths.Quota) => await Quota(http, engine, cancel),
                _ => throw new RejectedException(ErrorCode.NotImplemented),
            };
            await http.Response.WriteAsJsonAsync(answer, cancel);
        }
        catch (RejectedException refused)
        {
            http.Response.StatusCode = ErrorTable.For(refused.Rejection.Code).Status;
            await http.Response.WriteAsync(refused.Rejection.Detail ?? refused.Message, cancel);
        }
        catch (Exception fault) when (fault is InvalidOperationException or IOException)
        {
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await http.Response.WriteAsync(fault.Message, cancel);
        }
    }

    static async Task<object?> Rebuild(Engine engine, CancellationToken cancel)
    {
        if (engine.Read.Rebuild is not { } rebuild)
            throw new RejectedException(ErrorCode.InvalidRequest, "This process is no projector: ask one that is.");
        if (await engine.Read.OtherProjector(cancel) is { } holder)
            throw new RejectedException(ErrorCode.InvalidRequest, $"This process stands by: ask {holder}.");
        await rebuild.Run("it was asked for", cancel);
        return null;
    }

    static async Task<object?> Retry(HttpContext http, Engine engine, CancellationToken cancel) =>
        await engine.Copies.Retry(
            await http.Request.ReadFromJsonAsync<string?>(JsonSerializerOptions.Web, cancel),
            cancel
        );

    /// <returns>The pass before, if the one that was asked for is still to begin.</returns>
    static ScrubPass? Scrub(Engine engine)
    {
        var before = engine.Copies.Scrubber.Pass;
        engine.Copies.Scrubber.Ask();
        return before;
    }

    static async Task<object?> Quota(HttpContext http, Engine engine, CancellationToken cancel)
    {
        var request =
            await http.Request.ReadFromJsonAsync<QuotaRequest>(JsonSerializerOptions.Web, cancel)
            ?? throw new RejectedException(ErrorCode.InvalidArgument, "null");
        return await request.Answer(engine.Backend, cancel);
    }

    static async Task<object?> Skip(
        HttpContext http,
        IReadOnlyList<StoppedProjection> stopped,
        Engine engine,
        CancellationToken cancel
    )
    {
        var request =
            await http.Request.ReadFromJsonAsync<SkipRequest>(JsonSerializerOptions.Web, cancel)
            ?? throw new RejectedException(ErrorCode.InvalidArgument, "null");
        var skipped = request.Choose(stopped);
        foreach (var one in skipped)
            await engine.Backend.Run(request.CommandFor(one, engine.Backend.Now), cancel);
        return skipped.Select(one => $"{one}");
    }
}

static class ControlPaths
{
    public const string Projections = "/projections";
    public const string Rebuild = "/projections/rebuild";
    public const string Skip = "/projections/skip";
    public const string Notifications = "/notifications";
    public const string SkipNotification = "/notifications/skip";
    public const string Transfers = "/transfers";
    public const string RetryTransfers = "/transfers/retry";
    public const string Scrub = "/scrub";
    public const string Quota = "/bucket/quota";
}
