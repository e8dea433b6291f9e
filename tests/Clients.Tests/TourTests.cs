using System.Diagnostics;
using System.Text.RegularExpressions;
using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>README.md's tour, as printed: its start command, then its blocks in order in one bash.</summary>
public sealed partial class TourTests
{
    static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_command_of_the_README_works_as_printed()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(ServerProcess.Repository, "README.md"), Cancel);
        var start = Assert.Single(Blocks(readme, "tour: start"));
        var tour = string.Concat(Blocks(readme, "tour"));
        Assert.Contains("aws", tour, StringComparison.Ordinal);
        using var folder = new DataFolder();
        using var server = Bash($"{start.TrimEnd()} --data '{folder.Path}/data'", ServerProcess.Repository);
        try
        {
            await Ready(server);
            var place = Directory.CreateDirectory(Path.Combine(folder.Path, "tour")).FullName;
            using var client = Bash(tour, place);
            var said = client.StandardOutput.ReadToEndAsync(Cancel);
            var complained = client.StandardError.ReadToEndAsync(Cancel);
            await client.WaitForExitAsync(Cancel);
            Assert.True(client.ExitCode == 0, $"exit {client.ExitCode}\n{await said}\n{await complained}");
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    static async Task Ready(Process server)
    {
        using var http = new HttpClient { BaseAddress = new Uri("http://127.0.0.1:8080") };
        for (var begun = Stopwatch.GetTimestamp(); ; await Task.Delay(50, Cancel))
        {
            Assert.False(server.HasExited, "The tour's server ended; are its ports 8080 and 9000 taken?");
            Assert.True(Stopwatch.GetElapsedTime(begun) < StartLimit, "The tour's server did not start.");
            try
            {
                using var reply = await http.GetAsync(new Uri("/readyz", UriKind.Relative), Cancel);
                if (reply.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // it does not listen yet
            }
        }
    }

    static Process Bash(string script, string folder)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList = { "-euo", "pipefail", "-c", script },
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["PATH"] = $"/usr/bin:/bin:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = Environment.GetEnvironmentVariable("HOME");
        foreach (
            var name in (string[])["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"]
        )
            start.Environment.Remove(name);
        return Process.Start(start)!;
    }

    static IEnumerable<string> Blocks(string markdown, string mark) =>
        Fenced().Matches(markdown).Where(block => block.Groups[1].Value == mark).Select(block => block.Groups[2].Value);

    [GeneratedRegex(@"^<!-- ([^>]*?) -->\n```sh\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fenced();
}
