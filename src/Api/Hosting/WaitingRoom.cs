using System.Data.Common;
using Varve.EventStores;

namespace Varve.Api.Hosting;

/// <summary>
/// What a process answers while the engines that it stands on are not there yet: it lives, it is not ready and says
/// why, and whoever wants more is asked to come again. Where nothing of it is outside the process, it is not needed.
/// </summary>
sealed class WaitingRoom : IAsyncDisposable
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly WebApplication web;
    string reason = "It is starting.";

    WaitingRoom(WebApplication web) => this.web = web;

    static async Task<WaitingRoom> Open(Settings settings, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Listen(settings.Rest);
                if (settings.Roles.HasFlag(Roles.Api))
                    kestrel.Listen(settings.S3);
            });
        builder.Services.AddRoutingCore();
        var room = new WaitingRoom(builder.Build());
        room.web.MapGet("/healthz", () => TypedResults.Text("ok"));
        room.web.Map("{**path}", (RequestDelegate)room.Answer);
        await room.web.StartAsync(cancel);
        return room;
    }

    async Task Answer(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        http.Response.Headers.RetryAfter = "1";
        http.Response.Headers.Connection = "close";
        await http.Response.WriteAsJsonAsync(
            new Health.Readiness(Ready: false, Head: 0, Reached: 0, Volatile.Read(ref reason), Stopped: []),
            http.RequestAborted
        );
    }

    /// <summary>Starts an engine, as often as it takes: what is down now may be up later.</summary>
    /// <exception cref="SettingsException">No waiting mends this.</exception>
    public static async Task<Engine> WaitFor(
        Func<Task<Engine>> start,
        Settings settings,
        ILogger<WaitingRoom> logger,
        CancellationToken cancel
    )
    {
        await using var room = await Open(settings, cancel);
        while (true)
            try
            {
                return await start();
            }
            catch (Exception fault) when (fault is EventStoreUnavailableException { MayPass: true } or DbException)
            {
                if (Interlocked.Exchange(ref room.reason, fault.Message) != fault.Message)
                    logger.Waiting(fault.Message);
                await Task.Delay(Pause, cancel);
            }
    }

    public async ValueTask DisposeAsync()
    {
        await web.StopAsync();
        await web.DisposeAsync();
    }
}
