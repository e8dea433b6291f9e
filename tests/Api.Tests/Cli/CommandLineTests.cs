using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Varve.Api.Cli;

namespace Varve.Api.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("varve-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var (code, output, error) = await Varve(
            "--s3",
            $"http://{taken.LocalEndpoint}",
            "--rest",
            "http://127.0.0.1:0"
        );
        Assert.Equal(1, code);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("varve: ", line);
        Assert.Contains($"{taken.LocalEndpoint}", line);
        Assert.Contains("Varve:S3:Url", line);
        Assert.DoesNotContain("   at ", output);
    }

    [Theory]
    [InlineData("VARVE_ROOT_USER", "a b")]
    [InlineData("VARVE_ROOT_PASSWORD", "short")]
    public async Task A_wrong_root_account_is_said_in_one_line(string variable, string value)
    {
        var (code, output, error) = await Varve(["--rest", "http://127.0.0.1:0"], (variable, value));
        Assert.Equal(1, code);
        Assert.StartsWith(
            $"varve: {variable}",
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        );
        Assert.DoesNotContain("   at ", output);
    }

    Task<(int Code, string Output, string Error)> Varve(params string[] flags) => Varve(flags, variable: null);

    /// <summary>In a process of its own: what is printed is what is tested.</summary>
    async Task<(int Code, string Output, string Error)> Varve(string[] flags, (string Name, string Value)? variable)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])[typeof(CommandLine).Assembly.Location, "serve", "--data", folder, .. flags])
            start.ArgumentList.Add(word);
        if (variable is { } set)
            start.Environment[set.Name] = set.Value;
        using var varve = Process.Start(start)!;
        var (output, error) = (varve.StandardOutput.ReadToEndAsync(cancel), varve.StandardError.ReadToEndAsync(cancel));
        await varve.WaitForExitAsync(cancel);
        return (varve.ExitCode, await output, await error);
    }
}
