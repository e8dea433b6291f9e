using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary>Rebuilds and skips on a server that is at work.</summary>
public sealed class RebuildTests(ITestOutputHelper output)
{
    const int Rebuilds = 3;
    const int Writers = 4;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_read_models_are_rebuilt_every_request_is_answered_and_sees_what_was_written()
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.Start(data.Path, "rebuild", Cancel);
        using var s3 = server.Sign("rebuilt");
        await s3.EnsureBucket();
        using var account = await RestAccount.Open(server.Rest, "rebuild-user", Cancel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var work = Enumerable
            .Range(0, Writers)
            .Select(n => n % 2 == 0 ? ByS3(s3, n, enough.Token) : ByRest(account, n, enough.Token))
            .ToList();
        for (var i = 0; i < Rebuilds; i++)
            await Command("projections", "rebuild", "objects", "--data", data.Path);
        var state = JsonDocument.Parse(
            (await Command("projections", "list", "--json", "--data", data.Path)).Split('\n')[0]
        );
        Assert.Equal(1 + Rebuilds, state.RootElement.GetProperty("generation").GetInt32());
        Assert.Equal("running", state.RootElement.GetProperty("state").GetString());
        await enough.CancelAsync();
        foreach (var done in await Task.WhenAll(work)) // throws what any of them met
        {
            Assert.True(done > 0);
            output.WriteLine($"{done} writes, each read back");
        }
        await Command("projections", "verify", "--data", data.Path); // beside the server
        Assert.Equal(0, await server.Stop(Cancel));
        await ReadModels.EqualARebuild(data.Path, Cancel);
    }

    [Fact]
    public async Task An_event_that_a_projection_cannot_take_is_said_everywhere_and_skipped_beside_the_server()
    {
        using var data = new DataFolder();
        await Break(data.Path);
        await using var server = await ServerProcess.Start(data.Path, "poison", Cancel);
        using var s3 = server.Sign("poisoned");
        using var account = await RestAccount.Open(server.Rest, "poison-user", Cancel);

        using var put = new ByteArrayContent("kept"u8.ToArray());
        await s3.EnsureBucket(); // writes are taken, and what is read from other models is shown
        (await s3.Send(HttpMethod.Put, s3.PathOf("k"), "", put, stop: Cancel)).Dispose();
        using (var get = await s3.Ask(HttpMethod.Get, s3.PathOf("k"), "", null, SigV4.Unsigned, Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, get.StatusCode);
            Assert.Contains("stopped at position 1", await get.Content.ReadAsStringAsync(Cancel));
        }
        using (var query = await account.Http.GetAsync("/file/query", Cancel))
        {
            Assert.Equal(HttpStatusCode.OK, query.StatusCode);
            Assert.Contains("objects@1", query.Headers.GetValues("x-varve-stale").Single());
        }
        using (var ask = new HttpRequestMessage(HttpMethod.Get, "/file/query"))
        {
            ask.Headers.Add("x-varve-position", "1");
            using var late = await account.Http.SendAsync(ask, Cancel);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        }
        Assert.Contains("object-photos/bad", await account.Http.GetStringAsync("/readyz", Cancel));
        Assert.Contains("varve_projections_stopped", await account.Http.GetStringAsync("/metrics", Cancel));
        Assert.Contains("stopped", await Command("projections", "list", "--data", data.Path));

        await Command("projections", "skip", "--position", "1", "--why", "a test", "--by", "ana", "--data", data.Path);
        while ((await account.Http.GetStringAsync("/readyz", Cancel)).Contains("object-photos/bad"))
            await Task.Delay(20, Cancel);
        using (var reply = await s3.Send(HttpMethod.Get, s3.PathOf("k"), stop: Cancel))
            Assert.Equal("kept", await reply.Content.ReadAsStringAsync(Cancel));
        await Command("projections", "verify", "--data", data.Path);
        var said = await Command("replay", "--type", "EventSkipped", "--actor", "ana", "--data", data.Path);
        Assert.Contains("\"why\":\"a test\"", said);
    }

    [Fact]
    public async Task An_event_is_skipped_without_a_server_too()
    {
        using var data = new DataFolder();
        await Break(data.Path);
        await using (var server = await ServerProcess.Start(data.Path, "poison-idle", Cancel))
            Assert.Equal(0, await server.Stop(Cancel));
        Assert.Contains("stopped", await Command("projections", "list", "--data", data.Path));
        await Command("projections", "skip", "objects", "--position", "1", "--why", "a test", "--data", data.Path);
        await Command("projections", "skip", "--position", "1", "--why", "a test", "--data", data.Path);
        Assert.DoesNotContain("stopped", await Command("projections", "list", "--data", data.Path));
        await ReadModels.EqualARebuild(data.Path, Cancel);
    }

    /// <summary>An event at position 1 that no program reads.</summary>
    static async Task Break(string data)
    {
        await using var log = EmbeddedEventStore.Open(data, TimeProvider.System, NullLogger.Instance);
        var bad = new NewEvent(Guid.NewGuid(), "ObjectPut", "no JSON"u8.ToArray(), "{}"u8.ToArray());
        await log.Append([new("object-photos/bad", ExpectedRevision.NoStream, [bad])], Cancel);
    }

    static async Task<int> ByS3(Target s3, int writer, CancellationToken enough)
    {
        var done = 0;
        for (; !enough.IsCancellationRequested; done++)
        {
            var (path, text) = (s3.PathOf($"w{writer}/{done % 50}"), Text(done));
            using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(text));
            (await s3.Send(HttpMethod.Put, path, "", content, stop: Cancel)).Dispose();
            using var reply = await s3.Send(HttpMethod.Get, path, stop: Cancel);
            Assert.Equal(text, await reply.Content.ReadAsStringAsync(Cancel));
            var list = await s3.Text(
                HttpMethod.Get,
                "/rebuilt",
                $"list-type=2&prefix=w{writer}%2F",
                null,
                SigV4.Unsigned,
                Cancel
            );
            Assert.Contains($"<Key>w{writer}/{done % 50}</Key>", list);
        }
        return done;
    }

    static async Task<int> ByRest(RestAccount account, int writer, CancellationToken enough)
    {
        var done = 0;
        for (; !enough.IsCancellationRequested; done++)
        {
            var name = $"w{writer}-{done}.txt";
            using var content = new ByteArrayContent(Encoding.ASCII.GetBytes($"{writer} {Text(done)}"));
            await account.Upload(name, content, Cancel);
            var files = await account.Get($"/file/query?prefix={name}&limit=10", Cancel);
            Assert.Contains(name, files.ToString());
        }
        return done;
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What this one command printed: logs of one name are appended to.</summary>
    static async Task<string> Command(params string[] words)
    {
        var log = $"projections-{Guid.NewGuid():N}";
        try
        {
            return await ServerProcess.Command(log, Cancel, words);
        }
        finally
        {
            File.Delete(Path.Combine(ServerProcess.Repository, "artifacts", "logs", $"{log}.log"));
        }
    }
}
