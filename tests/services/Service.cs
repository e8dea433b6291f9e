using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Varve.Services;

/// <summary>A server of others that tests need, by the script of this folder that starts it. Its data is in a folder of
/// its own; both are gone when it is disposed.</summary>
public abstract class Service(string script, int ports = 1) : IAsyncLifetime
{
    // Below those that the system gives to whoever connects: a server that is down for a while finds its port free.
    const int First = 20_000;
    const int End = 32_700;

    static readonly Lock Gate = new();
    static int next = First + Environment.ProcessId % 240 * 50;

    // Short: the path of a Unix socket has 107 bytes at most.
    protected string Folder { get; } = Directory.CreateTempSubdirectory("vs-").FullName;

    public int Port { get; } = FreePorts(ports);

    /// <summary>Begins anew, and empty.</summary>
    public async ValueTask InitializeAsync() => await Run("start", Folder, $"{Port}");

    /// <summary>Runs the script.</summary>
    protected async Task Run(params string[] arguments)
    {
        // Not by pipes: the servers inherit them, and would hold them open.
        var log = Path.Combine(Folder, "script.log");
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList = { "-c", "exec \"$@\" >> \"$0\" 2>&1 < /dev/null", log, ScriptPath },
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        Directory.CreateDirectory(Folder);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{script} {string.Join(' ', arguments)}: exit {process.ExitCode}\n{await File.ReadAllTextAsync(log)}"
            );
    }

    /// <summary>The script again, with SIGKILL in the place of SIGTERM.</summary>
    protected Task Kill(params string[] more) => Run(["stop-at-once", Folder, .. more]);

    public virtual async ValueTask DisposeAsync()
    {
        await Run("stop", Folder);
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string ScriptPath => Path.Combine(AppContext.BaseDirectory, "services", script);

    /// <summary>A run of ports that nobody listens on. Other processes that look at the same time begin elsewhere.
    /// </summary>
    public static int FreePorts(int count)
    {
        lock (Gate)
            while (true)
            {
                var first = next;
                next += count;
                if (next > End)
                    next = First;
                if (Enumerable.Range(first, count).All(IsFree))
                    return first;
            }
    }

    static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
