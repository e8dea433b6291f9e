using System.Diagnostics;

namespace Varve.Services;

/// <summary>A RabbitMQ.</summary>
public sealed class RabbitMq() : Service("rabbitmq.sh", ports: 3)
{
    public Uri Url => new($"amqp://guest:guest@127.0.0.1:{Port}/");

    public Task Stop() => Run("stop", Folder);

    public Task Kill() => Kill([]);

    /// <summary>With the data that it had.</summary>
    public Task Restart() => Run("restart", Folder);

    /// <summary><c>rabbitmqctl</c>: what it says.</summary>
    public async Task<string> Control(params string[] arguments)
    {
        var start = new ProcessStartInfo(ScriptPath, ["ctl", Folder, "-q", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }
}
