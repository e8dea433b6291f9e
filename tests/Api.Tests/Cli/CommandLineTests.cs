using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Cli;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Users;
using Varve.EventStores;
using Varve.EventStores.Embedded;

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

    [Fact]
    public async Task History_reads_the_log_while_it_is_written()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var log = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        var door = new CommandLoop(log, new AggregateStates(log, 100), TimeSpan.FromSeconds(10));
        var at = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        await door.Handle(new UserCommand.SignUp(Context(), "ana", BucketName.Parse("ana")), cancel);
        var (first, second) = (FileOf("first"), FileOf("second"));
        var content = new ContentFacts(new(new string('a', 64)), new string('b', 40), null, 3, "disk:volume/000001@0");
        await door.Handle(
            new ObjectCommand.Put(
                Context(),
                first,
                content,
                "etag",
                ObjectAttributes.None,
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                WriteCondition.None
            ),
            cancel
        );
        await door.Handle(new ObjectCommand.Rename(Context(), first, second, Sha1: null), cancel);

        foreach (
            var names in (string[][])
                [
                    ["second", "--user", "ana"],
                    ["first", "--bucket", "ana"],
                    ["ana/second"],
                ]
        )
        {
            var (code, output, error) = await Run(["history", .. names, "--data", folder], variable: null);
            Assert.Equal((0, ""), (code, error));
            var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(3, lines.Length);
            Assert.Contains("2026-01-31 12:00:00.000  ana", lines[0], StringComparison.Ordinal);
            Assert.Contains("Rename from first", lines[1], StringComparison.Ordinal);
        }
        var json = await Run(["history", "ana/second", "--json", "--data", folder], variable: null);
        using var last = JsonDocument.Parse(json.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal("ObjectDeleted", last.RootElement.GetProperty("Type").GetString());
        Assert.Equal(1, (await Run(["history", "ana/never", "--data", folder], variable: null)).Code);
        Assert.Equal(2, (await Run(["history", "nowhere", "--data", folder], variable: null)).Code);
        var none = await Run(["history", "a/b", "--data", Path.Combine(folder, "no")], variable: null);
        Assert.StartsWith("varve: There is no log", none.Error, StringComparison.Ordinal);

        CommandContext Context() => new(Guid.NewGuid(), "ana", at);

        static ObjectId FileOf(string name) => new(BucketName.Parse("ana"), ObjectKey.Parse(name));
    }

    Task<(int Code, string Output, string Error)> Varve(params string[] flags) => Varve(flags, variable: null);

    Task<(int Code, string Output, string Error)> Varve(string[] flags, (string Name, string Value)? variable) =>
        Run(["serve", "--data", folder, .. flags], variable);

    /// <summary>In a process of its own: what is printed is what is tested.</summary>
    static async Task<(int Code, string Output, string Error)> Run(
        string[] words,
        (string Name, string Value)? variable
    )
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])[typeof(CommandLine).Assembly.Location, .. words])
            start.ArgumentList.Add(word);
        if (variable is { } set)
            start.Environment[set.Name] = set.Value;
        using var varve = Process.Start(start)!;
        var (output, error) = (varve.StandardOutput.ReadToEndAsync(cancel), varve.StandardError.ReadToEndAsync(cancel));
        await varve.WaitForExitAsync(cancel);
        return (varve.ExitCode, await output, await error);
    }
}
