using System.Net;
using System.Text;
using System.Text.Json;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary>A server whose log is in another one, reached by EventStoreDB's protocol.</summary>
public sealed class EventStoreDbServerTests
{
    const string WriterPassword = "the-writers-own-password";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_log_goes_away_and_comes_back_and_nothing_is_lost()
    {
        using var log = new DataFolder();
        using var data = new DataFolder();
        var at = ServerProcess.FreePort();
        var node = await StartNode(log.Path, at);
        try
        {
            var over = $"esdb://varve:{WriterPassword}@127.0.0.1:{at.Port}?tls=false";
            string before;
            await using (var server = await ServerProcess.StartOver(over, data.Path, "over", Cancel))
            {
                using var user = await RestAccount.Open(server.Rest, "esdb-user", Cancel);
                var hash = (await Upload(user, "first.txt")).GetProperty("FileSha1").GetString();
                await user.Post($"/file/update?op=0&filehash={hash}&filename=renamed.txt", null, Cancel);
                using var s3 = server.Sign("esdb-bucket");
                await s3.EnsureBucket();
                Assert.Equal(HttpStatusCode.OK, await Put(s3, "one"));

                await node.DisposeAsync(); // SIGKILL
                using var refused = await user.Http.PostAsync("/file/upload", Form("second.txt"), Cancel);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await Put(s3, "two"));
                using (var unready = await user.Http.GetAsync("/readyz", Cancel))
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
                using (var alive = await user.Http.GetAsync("/healthz", Cancel))
                    Assert.Equal(HttpStatusCode.OK, alive.StatusCode);

                node = await StartNode(log.Path, at);
                await Upload(user, "second.txt");
                Assert.Equal(HttpStatusCode.OK, await Put(s3, "two"));
                before = await Seen(user, s3);
            }
            Assert.Equal(["renamed.txt", "second.txt", "one", "two"], before.Split(' '));

            // All that the server knows of its users' files is in the other one's log.
            Directory.Delete(Path.Combine(data.Path, "read"), recursive: true);
            await using (var again = await ServerProcess.StartOver(over, data.Path, "over-again", Cancel))
            {
                using var user = await RestAccount.Open(again.Rest, "esdb-user", Cancel);
                using var s3 = again.Sign("esdb-bucket");
                Assert.Equal(before, await Seen(user, s3));
            }
            var other = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                ServerProcess.Start(data.Path, "over-none", Cancel)
            );
            Assert.Contains("was used with another log", other.Message);
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    static Task<ServerProcess> StartNode(string log, Uri at) =>
        ServerProcess.StartWithEvents(
            log,
            "over-log",
            at,
            [("Varve__Events__WriterPassword", WriterPassword)],
            ["--roles", "events"],
            Cancel
        );

    static MultipartFormDataContent Form(string name) =>
        new() { { new StringContent($"This is {name}."), "file", name } };

    static Task<JsonElement> Upload(RestAccount user, string name) =>
        user.Upload(name, new StringContent($"This is {name}."), Cancel);

    static async Task<HttpStatusCode> Put(Target s3, string key)
    {
        var body = Encoding.UTF8.GetBytes($"This is {key}.");
        using var reply = await s3.Ask(
            HttpMethod.Put,
            s3.PathOf(key),
            "",
            new ByteArrayContent(body),
            SigV4.Unsigned,
            Cancel
        );
        return reply.StatusCode;
    }

    /// <summary>Names of files and keys.</summary>
    static async Task<string> Seen(RestAccount user, Target s3)
    {
        using var files = JsonDocument.Parse(await user.Http.GetStringAsync("/file/query", Cancel));
        var names = files.RootElement.EnumerateArray().Select(file => file.GetProperty("FileName").GetString());
        var listing = await s3.Text(HttpMethod.Get, "/esdb-bucket", "list-type=2", null, SigV4.Unsigned, Cancel);
        var keys = System
            .Xml.Linq.XDocument.Parse(listing)
            .Descendants()
            .Where(element => element.Name.LocalName == "Key")
            .Select(element => element.Value);
        return string.Join(' ', names.Concat(keys));
    }
}
