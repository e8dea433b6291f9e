using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Varve.Load;

namespace Varve.Server.Tests;

/// <summary>A real server of its own on free loopback ports, killed when disposed. Its output goes to artifacts/.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    public const string Root = "varveroot";
    public const string Secret = "varve-root-secret";
    static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    readonly Process process;
    readonly HttpClient http;

    ServerProcess(Process process, Uri rest, Uri s3, Uri events)
    {
        (this.process, Rest, S3, Events) = (process, rest, s3, events);
        http = new() { BaseAddress = rest, Timeout = TimeSpan.FromSeconds(30) };
    }

    public Uri Rest { get; }

    public Uri S3 { get; }

    /// <summary>Where the log is served, if it is.</summary>
    public Uri Events { get; }

    public int Id => process.Id;

    /// <summary>From the start of the process to its first 200 from /readyz.</summary>
    public TimeSpan StartedIn { get; private set; }

    /// <summary>The repository's own folder.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The program under test, of the same configuration as the tests.</summary>
    public static string Program { get; } =
        Path.Combine(Repository, "src", "Api", "bin", Configuration(), "net10.0", "varve.dll");

    /// <summary>Starts and waits until it is ready.</summary>
    /// <param name="log">Name of the file under artifacts/logs that takes the output.</param>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time; with its output.</exception>
    public static Task<ServerProcess> Start(string data, string log, CancellationToken cancel) =>
        Start(data, log, environment: [], events: null, more: [], cancel);

    /// <summary>Starts one with settings of its own.</summary>
    public static Task<ServerProcess> Start(
        string data,
        string log,
        IEnumerable<(string Name, string Value)> environment,
        CancellationToken cancel
    ) => Start(data, log, environment, events: null, more: [], cancel);

    /// <summary>Starts one whose log is in another server.</summary>
    public static Task<ServerProcess> StartOver(string eventStore, string data, string log, CancellationToken cancel) =>
        Start(data, log, [("Varve__EventStore", eventStore)], events: null, more: [], cancel);

    /// <summary>Starts one that does a part of the work, as its environment says where the rest is.</summary>
    /// <param name="roles">As <c>--roles</c> has them.</param>
    /// <param name="at">Where it listens; both are a role api's.</param>
    public static Task<ServerProcess> StartRole(
        string roles,
        (Uri ForRest, Uri ForS3) at,
        string data,
        string log,
        IEnumerable<(string Name, string Value)> environment,
        CancellationToken cancel
    ) => Start(at, data, log, environment, events: null, ["--roles", roles], cancel);

    /// <summary>Starts one that serves its log as well, or its log alone.</summary>
    /// <param name="events">Where the log is served; see <see cref="FreePort"/>.</param>
    public static Task<ServerProcess> StartWithEvents(
        string data,
        string log,
        Uri events,
        IEnumerable<(string Name, string Value)> environment,
        IEnumerable<string> more,
        CancellationToken cancel
    ) => Start(data, log, environment, events, more, cancel);

    static Task<ServerProcess> Start(
        string data,
        string log,
        IEnumerable<(string Name, string Value)> environment,
        Uri? events,
        IEnumerable<string> more,
        CancellationToken cancel
    ) => Start((FreePort(), FreePort()), data, log, environment, events, more, cancel);

    static async Task<ServerProcess> Start(
        (Uri ForRest, Uri ForS3) at,
        string data,
        string log,
        IEnumerable<(string Name, string Value)> environment,
        Uri? events,
        IEnumerable<string> more,
        CancellationToken cancel
    )
    {
        var (rest, s3) = at;
        var begun = Stopwatch.GetTimestamp();
        string[] arguments = ["serve", "--data", data, "--rest", $"{rest}", "--s3", $"{s3}", .. more];
        if (events is not null)
            arguments = [.. arguments, "--events", $"{events}"];
        var process = Run(log, arguments, environment);
        var server = new ServerProcess(process, rest, s3, events ?? rest);
        try
        {
            while (!await server.IsReady(cancel))
            {
                if (process.HasExited || Stopwatch.GetElapsedTime(begun) > StartLimit)
                    throw new InvalidOperationException($"The server did not start:\n{LogOf(log)}");
                await Task.Delay(5, cancel);
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
        server.StartedIn = Stopwatch.GetElapsedTime(begun);
        return server;
    }

    /// <summary>Runs a command of the program to its end.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">Its exit status is not 0.</exception>
    public static Task<string> Command(string log, CancellationToken cancel, params string[] arguments) =>
        Command(log, environment: [], cancel, arguments);

    /// <inheritdoc cref="Command(string, CancellationToken, string[])"/>
    public static async Task<string> Command(
        string log,
        IEnumerable<(string Name, string Value)> environment,
        CancellationToken cancel,
        params string[] arguments
    )
    {
        using var process = Run(log, arguments, environment);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? LogOf(log)
            : throw new InvalidOperationException(
                $"varve {string.Join(' ', arguments)}: exit {process.ExitCode}\n{LogOf(log)}"
            );
    }

    /// <summary>An S3 client that signs as root.</summary>
    public Target Sign(string bucket, int connections = 64) =>
        new(new Endpoint(S3, Root, Secret, bucket, Plain: false, Pids: []), "us-east-1", connections);

    /// <summary>SIGKILL, and wait until the process is gone.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, and wait for the exit status.</summary>
    public async Task<int> Stop(CancellationToken cancel)
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            await kill.WaitForExitAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await Kill();
        process.Dispose();
        http.Dispose();
    }

    /// <summary>The sum of a metric over its labels.</summary>
    /// <exception cref="InvalidOperationException">There is no such metric.</exception>
    public async Task<double> Metric(string name, CancellationToken cancel)
    {
        var lines = (await http.GetStringAsync(new Uri("metrics", UriKind.Relative), cancel)).Split('\n');
        var values = lines
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length..] is ['{' or ' ', ..])
            .Select(line =>
                double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[^1], CultureInfo.InvariantCulture)
            )
            .ToList();
        return values.Count > 0 ? values.Sum() : throw new InvalidOperationException($"/metrics has no {name}.");
    }

    /// <summary>Forgets the peak so far, so that <see cref="PeakMiB"/> speaks of what follows; proc(5).</summary>
    public void ResetPeak() => File.WriteAllText($"/proc/{Id}/clear_refs", "5");

    /// <summary>The most resident memory at once, in MiB.</summary>
    public long PeakMiB => StatusKiB("VmHWM:") >> 10;

    /// <summary>Open files and sockets.</summary>
    public int Handles => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length;

    public bool Lives => !process.HasExited;

    async Task<bool> IsReady(CancellationToken cancel)
    {
        try
        {
            using var reply = await http.GetAsync(new Uri("readyz", UriKind.Relative), cancel);
            return reply.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    long StatusKiB(string field) =>
        long.Parse(
            File.ReadLines($"/proc/{Id}/status")
                .First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..]
                .Replace("kB", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture
        );

    // The shell keeps the output in a file without this process between, and gives its own pid to the server.
    static Process Run(string log, string[] arguments, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"exec dotnet \"$@\" >>'{PathOf(log)}' 2>&1 </dev/null", "sh", Program },
            WorkingDirectory = Path.GetTempPath(),
            Environment =
            {
                ["VARVE_ROOT_USER"] = Root,
                ["VARVE_ROOT_PASSWORD"] = Secret,
                ["DOTNET_gcServer"] = "0",
            },
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        File.WriteAllText(PathOf(log), "");
        return Process.Start(start) ?? throw new InvalidOperationException("no process");
    }

    public static string LogOf(string log) => File.ReadAllText(PathOf(log));

    static string PathOf(string log) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(Repository, "artifacts", "logs")).FullName, $"{log}.log");

    /// <summary>An address of this machine with a port that nobody has at the moment.</summary>
    public static Uri FreePort(string scheme = "http")
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"{scheme}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Varve.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("no Varve.slnx above the tests");
        return folder.FullName;
    }
}
