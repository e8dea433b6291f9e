using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Cli;
using Varve.EventStores;
using Varve.EventStores.Embedded;

namespace Varve.Api.Tests.Cli;

public sealed class AuditCommandTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("varve-audit-").FullName;

    string Data => In("data");

    string PublicKey => Path.Combine(Data, "audit", "key.pub");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_proof_goes_from_one_to_another_and_is_checked_without_the_log()
    {
        await Sign(events: 300);
        await Write("checkpoint", "checkpoint", "--data", Data);
        await Write("proof", "prove", "100", "--data", Data, "--event", In("event"));
        File.Copy(PublicKey, In("key"));
        Directory.Delete(Data, recursive: true);

        string[] check = ["check", "--proof", In("proof"), "--key", In("key")];
        Assert.Equal(0, (await Audit(check)).Code);
        Assert.Equal(0, (await Audit([.. check, "--event", In("event"), "--checkpoint", In("checkpoint")])).Code);
        Assert.Equal(0, (await Audit("check", "--checkpoint", In("checkpoint"), "--key", In("key"))).Code);

        Rewrite("event", "\"revision\": 99", "\"revision\": 98");
        var (code, output) = await Audit([.. check, "--event", In("event"), "--json"]);
        Assert.Equal(1, code);
        var finding = JsonDocument.Parse(output).RootElement;
        Assert.False(finding.GetProperty("ok").GetBoolean());
        Assert.Equal(100, finding.GetProperty("position").GetInt64());

        Rewrite("proof", "index 99", "index 98");
        Assert.Equal(1, (await Audit(check)).Code);
        Rewrite("key", "+", "-");
        Assert.Equal(1, (await Audit("check", "--checkpoint", In("checkpoint"), "--key", In("key"))).Code);
    }

    [Fact]
    public async Task A_log_that_a_server_has_open_is_checked_all_the_same()
    {
        await Sign(events: 30);
        await using var server = EmbeddedEventStore.Open(Data, TimeProvider.System, NullLogger.Instance);
        Assert.Equal(0, (await Audit("check", "--data", Data)).Code);
        await Write("proof", "prove", "7", "--data", Data, "--event", In("event"));
        Assert.Equal(
            0,
            (await Audit("check", "--proof", In("proof"), "--key", PublicKey, "--event", In("event"))).Code
        );
    }

    [Fact]
    public async Task Growth_is_proven_between_two_checkpoints()
    {
        await Sign(events: 300);
        await Write("older", "checkpoint", "--data", Data);
        await Sign(events: 40);
        await Write("growth", "prove", "--since", In("older"), "--data", Data);
        string[] check = ["check", "--proof", In("growth"), "--key", PublicKey];
        Assert.Equal(0, (await Audit([.. check, "--since", In("older")])).Code);
        Assert.Equal(1, (await Audit(check)).Code);
        Rewrite("growth", "old 300", "old 299");
        Assert.Equal(1, (await Audit([.. check, "--since", In("older")])).Code);
    }

    [Fact]
    public async Task A_changed_byte_in_the_log_is_named_by_its_position()
    {
        await Sign(events: 300);
        Assert.Equal(0, (await Audit("check", "--data", Data)).Code);
        Assert.Equal(0, (await Audit("check", "--data", Data, "--key", PublicKey)).Code);
        using (var log = new SqliteConnection($"Data Source={Data}/log/events.db;Pooling=False"))
        {
            log.Open();
            using var change = log.CreateCommand();
            change.CommandText = "UPDATE events SET data = CAST('{ }' AS BLOB) WHERE position = 77";
            change.ExecuteNonQuery();
        }
        var (code, output) = await Audit("check", "--data", Data, "--json");
        Assert.Equal(1, code);
        Assert.Equal(77, JsonDocument.Parse(output).RootElement.GetProperty("position").GetInt64());
    }

    [Fact]
    public async Task Both_proofs_fit_one_JSON_object()
    {
        await Sign(events: 3);
        await Write("older", "checkpoint", "--data", Data);
        var (code, output) = await Audit("prove", "2", "--since", In("older"), "--json", "--data", Data);
        Assert.Equal(0, code);
        var both = JsonDocument.Parse(output).RootElement;
        Assert.StartsWith("c2sp.org/tlog-proof@v1\n", both.GetProperty("proof").GetString());
        Assert.StartsWith("old 3\n", both.GetProperty("consistency").GetString());
    }

    [Theory]
    [InlineData("check")]
    [InlineData("check", "--proof", "/nowhere", "--key", "k")]
    [InlineData("check", "--proof", "/dev/null")]
    [InlineData("check", "--data", ".", "--proof", "/dev/null", "--key", "k")]
    [InlineData("prove")]
    [InlineData("prove", "first")]
    [InlineData("prove", "1", "--since", "/dev/null")]
    public async Task What_is_told_wrongly_has_status_2(params string[] words) =>
        Assert.Equal(2, (await Audit(words)).Code);

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("prove", "1")]
    [InlineData("check")]
    public async Task Where_nothing_was_signed_nothing_is_proven(params string[] words) =>
        Assert.Equal(1, (await Audit([.. words, "--data", Data])).Code);

    string In(string name) => Path.Combine(folder, name);

    void Rewrite(string name, string old, string now)
    {
        var text = File.ReadAllText(In(name));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(In(name), text.Replace(old, now, StringComparison.Ordinal));
    }

    async Task Sign(int events)
    {
        await using (var log = EmbeddedEventStore.Open(Data, TimeProvider.System, NullLogger.Instance))
            for (var i = 0; i < events; i++)
            {
                var written = new NewEvent(Guid.NewGuid(), "ObjectPut", "{}"u8.ToArray(), "{}"u8.ToArray());
                await log.Append(
                    [new("object-photos/cat", ExpectedRevision.Any, [written])],
                    TestContext.Current.CancellationToken
                );
            }
        Assert.Equal(0, (await Audit("checkpoint", "--sign", "--data", Data)).Code);
    }

    async Task Write(string name, params string[] words)
    {
        var (code, output) = await Audit(words);
        Assert.Equal(0, code);
        await File.WriteAllTextAsync(In(name), output);
    }

    /// <summary>In a process of its own: what is printed is what is tested.</summary>
    static async Task<(int Code, string Output)> Audit(params string[] words)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var word in (string[])[typeof(CommandLine).Assembly.Location, "audit", .. words])
            start.ArgumentList.Add(word);
        using var varve = Process.Start(start)!;
        var output = await varve.StandardOutput.ReadToEndAsync(cancel);
        await varve.WaitForExitAsync(cancel);
        return (varve.ExitCode, output);
    }
}
