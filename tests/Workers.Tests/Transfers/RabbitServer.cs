using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Varve.Workers.Tests.Transfers;

[assembly: AssemblyFixture(typeof(RabbitServer))]

namespace Varve.Workers.Tests.Transfers;

/// <summary>A RabbitMQ of the tests' own (<c>tests/services/rabbitmq.sh</c>), started when it is first asked for.</summary>
public sealed class RabbitServer : IAsyncDisposable
{
    const int Attempts = 5;
    const int Ports = 3;

    readonly string folder = Directory.CreateTempSubdirectory("varve-mq-").FullName;
    readonly SemaphoreSlim turn = new(1);
    int port;

    public async Task<Uri> Start()
    {
        await turn.WaitAsync();
        try
        {
            for (var attempt = 1; port == 0; attempt++)
            {
                var free = FreePorts();
                var (status, said) = await Script("start", folder, $"{free}");
                if (status == 0)
                    port = free;
                else
                    Assert.True(attempt < Attempts, said);
            }
            return new($"amqp://guest:guest@127.0.0.1:{port}/");
        }
        finally
        {
            turn.Release();
        }
    }

    public Task Stop() => Run("stop", folder);

    /// <summary>With the data that it had.</summary>
    public Task Restart() => Run("restart", folder);

    /// <summary><c>rabbitmqctl</c>.</summary>
    public Task<string> Control(params string[] arguments) => Run(["ctl", folder, "-q", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (port != 0)
            await Stop();
        Directory.Delete(folder, recursive: true);
        turn.Dispose();
    }

    static async Task<string> Run(params string[] arguments)
    {
        var (status, said) = await Script(arguments);
        Assert.True(status == 0, said);
        return said;
    }

    static async Task<(int Status, string Said)> Script(params string[] arguments)
    {
        // The node that it starts lives on: its output goes to files, and ours ends with the script.
        var start = new ProcessStartInfo(Path.Combine(Root(), "tests/services/rabbitmq.sh"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Varve.slnx")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("Varve.slnx");
        return folder.FullName;
    }

    /// <summary>The first of some that are free one behind the other, below those that systems give to clients.</summary>
    static int FreePorts()
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 30_000);
            if (Enumerable.Range(first, Ports).All(IsFree))
                return first;
        }
    }

    static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
