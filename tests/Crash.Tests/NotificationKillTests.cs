using System.Net;
using System.Text;
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
