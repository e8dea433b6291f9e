using System.Globalization;
using System.Text.Json;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary><c>varve scrub</c> and <c>varve transfers</c> beside a server.</summary>
public sealed class ScrubTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scrub_says_how_much_is_damaged()
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.Start(data.Path, "scrub", Cancel);
        using var s3 = server.Sign("scrubbed");
        await s3.EnsureBucket();
        for (var number = 1; number <= 3; number++)
        {
            using var body = new ByteArrayContent(new byte[400_000 + number]);
            (await s3.Send(HttpMethod.Put, s3.PathOf($"{number}"), "", body, stop: Cancel)).Dispose();
        }
        using (var sound = await Json("scrub", "--json", "--data", data.Path))
            Assert.Equal((3, 0), (Figure(sound, "contents"), Figure(sound, "damaged")));

        var file = Directory.GetFiles(Path.Combine(data.Path, "contents", "file"), "*", SearchOption.AllDirectories)[0];
        await using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.Position = 1000;
            stream.WriteByte(1);
        }
        var found = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Command("scrub", "--json", "--data", data.Path)
        );
        Assert.Contains("exit 1", found.Message, StringComparison.Ordinal);
        Assert.Contains("\"damaged\":1", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_policy_there_are_no_transfers()
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.Start(data.Path, "transfers", Cancel);
        Assert.Equal("", (await Command("transfers", "list", "--data", data.Path)).Trim());
        using var none = await Json("transfers", "retry", "--json", "--data", data.Path);
        Assert.Equal(0, Figure(none, "retried"));
    }

    static long Figure(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetInt64();

    /// <summary>The result, which comes last: progress is in the same file.</summary>
    static async Task<JsonDocument> Json(params string[] arguments) =>
        JsonDocument.Parse((await Command(arguments)).TrimEnd().Split('\n')[^1]);

    static Task<string> Command(params string[] arguments) =>
        ServerProcess.Command(
            string.Create(CultureInfo.InvariantCulture, $"{arguments[0]}-command"),
            Cancel,
            arguments
        );
}
