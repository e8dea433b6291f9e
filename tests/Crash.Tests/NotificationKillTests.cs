using System.Net;
using System.Text;
using System.Text.Json;
using Varve.Load;
using Varve.Server.Tests;
using Varve.Workers.Tests.Notifications;

namespace Varve.Crash.Tests;

public sealed class NotificationKillTests
{
    const string Rules = """
        <NotificationConfiguration><QueueConfiguration><Queue>arn:varve:sqs::hook:webhook</Queue>
        <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>
        """;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_told_however_often_the_server_is_killed()
    {
        await using var hook = new HookServer();
        using var data = new DataFolder();
        var acknowledged = new List<string>();
        for (var round = 0; round < 4; round++)
        {
            await using var server = await Start(hook, data.Path, round);
            using var s3 = server.Sign("told");
            if (round == 0)
            {
                await s3.EnsureBucket();
                Assert.Equal(HttpStatusCode.OK, await Put(s3, "/told", "notification=", Rules));
            }
            hook.Status = round % 2 == 0 ? 200 : 503;
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(HttpStatusCode.OK, await Put(s3, s3.PathOf($"{round}-{i}"), "", "text"));
                acknowledged.Add($"{round}-{i}");
            }
        } // SIGKILL, with some told and some not
        hook.Status = 200;
        await using var last = await Start(hook, data.Path, round: 4);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (acknowledged.Except(hook.Keys).Any())
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
    }

    [Fact]
    public async Task An_event_that_is_refused_for_ever_is_skipped_by_a_decision_in_the_log()
    {
        await using var hook = new HookServer { RefusedKey = "poison" };
        using var data = new DataFolder();
        await using var server = await Start(hook, data.Path, round: 0);
        using var s3 = server.Sign("told");
        await s3.EnsureBucket();
        Assert.Equal(HttpStatusCode.OK, await Put(s3, "/told", "notification=", Rules));
        Assert.Equal(HttpStatusCode.OK, await Put(s3, s3.PathOf("poison"), "", "text"));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        JsonElement refused;
        while (true)
        {
            using var state = JsonDocument.Parse(await Notifications("list", "--json"));
            Assert.Equal("hook:webhook", state.RootElement.GetProperty("destination").GetString());
            if (state.RootElement.GetProperty("refused") is var all && all.GetArrayLength() == 1)
            {
                refused = all[0].Clone();
                break;
            }
            patience.Token.ThrowIfCancellationRequested();
        }
        Assert.Equal("ObjectPut", refused.GetProperty("type").GetString());
        Assert.Contains("422", refused.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await Put(s3, s3.PathOf("sound"), "", "text"));

        var position = refused.GetProperty("position").GetInt64();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Skip(position + 1));
        Assert.Contains("skipped", await Skip(position), StringComparison.Ordinal);
        while (!hook.Keys.Contains("sound"))
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        Assert.DoesNotContain("poison", hook.Keys);
        Assert.Contains("takes what it is told", await Notifications("list"), StringComparison.Ordinal);

        Task<string> Skip(long at) =>
            Notifications("skip", "hook:webhook", "--position", $"{at}", "--why", "its fault");

        Task<string> Notifications(params string[] words) =>
            ServerProcess.Command(
                $"notifications-{Guid.NewGuid():N}",
                Cancel,
                ["notifications", .. words, "--data", data.Path]
            );
    }

    [Fact]
    public async Task The_operator_sets_a_quota_and_sees_what_is_used()
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.Start(data.Path, "quota", Cancel);
        using var s3 = server.Sign("bounded");
        await s3.EnsureBucket();
        Assert.Equal(HttpStatusCode.OK, await Put(s3, s3.PathOf("a"), "", "1234"));
        Assert.Contains("4 of 1024 bytes, 1 of 2 objects", await Quota("--bytes", "1KiB", "--objects", "2"));
        Assert.Equal(HttpStatusCode.Forbidden, await Put(s3, s3.PathOf("b"), "", new string('b', 1021)));
        Assert.Equal(HttpStatusCode.OK, await Put(s3, s3.PathOf("b"), "", new string('b', 1020)));
        Assert.Contains("1024 of 1024 bytes, 2 of 2 objects", await Quota());
        Assert.Contains("no quota", await Quota("--none"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Quota("--bytes", "1GB"));

        Task<string> Quota(params string[] more) =>
            ServerProcess.Command(
                $"quota-{Guid.NewGuid():N}",
                Cancel,
                ["bucket", "quota", "bounded", "--data", data.Path, .. more]
            );
    }

    static Task<ServerProcess> Start(HookServer hook, string data, int round) =>
        ServerProcess.StartRole(
            "api,projector,worker",
            (ServerProcess.FreePort(), ServerProcess.FreePort()),
            data,
            $"told-{round}",
            [("Varve__Notifications__hook__Url", $"{hook.Url}"), ("Varve__Notifications__hook__TimeoutSeconds", "2")],
            Cancel
        );

    static async Task<HttpStatusCode> Put(Target s3, string path, string query, string text)
    {
        var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        using var reply = await s3.Ask(HttpMethod.Put, path, query, body, SigV4.Unsigned, Cancel);
        return reply.StatusCode;
    }
}
