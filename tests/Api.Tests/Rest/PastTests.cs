using System.Globalization;
using System.Net;
using System.Text.Json;
using Varve.Domain.Contents;

namespace Varve.Api.Tests.Rest;

public sealed class PastTests(RestServer server) : IClassFixture<RestServer>
{
    static readonly byte[] First = "the first text"u8.ToArray();
    static readonly byte[] Second = "the second text"u8.ToArray();

    [Fact]
    public async Task A_deleted_file_comes_back_by_its_content_or_its_name()
    {
        var user = await server.NewUser();
        foreach (var way in (string[])["filehash", "filename"])
        {
            await user.Upload("a.txt", First);
            await user.Post("/file/delete", ("filehash", First.Sha1()));

            var answer = await user.Post("/file/restore", (way, way == "filehash" ? First.Sha1() : "a.txt"));

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("a.txt", (await answer.Json()).GetProperty("FileName").GetString());
            Assert.Equal(First, await Bytes(user, First));
        }
    }

    [Fact]
    public async Task An_older_version_becomes_current_by_its_revision_or_its_position()
    {
        var user = await server.NewUser();
        await user.Upload("a.txt", First);
        await user.Upload("a.txt", Second);
        var history = await Events(user, ("filename", "a.txt"));
        var position = history[0].GetProperty("Position").GetInt64();

        var back = await user.Post("/file/restore", ("filename", "a.txt"), ("version", "0"));
        Assert.Equal(First.Sha1(), (await back.Json()).GetProperty("FileSha1").GetString());
        var again = await user.Post("/file/restore", ("filename", "a.txt"), ("version", $"p{position}"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);

        history = await Events(user, ("filename", "a.txt"));
        Assert.Equal(3, history.Count); // what is restored already is not restored again
        Assert.StartsWith("Restore of ", history[2].GetProperty("Detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(user.Name, history[2].GetProperty("By").GetString());
        var id = history[2].GetProperty("Detail").GetString()!["Restore of ".Length..];
        await user.Upload("a.txt", Second);
        Assert.True((await user.Post("/file/restore", ("filename", "a.txt"), ("version", id))).IsSuccessStatusCode);
        Assert.Equal(First, await Bytes(user, First));
    }

    [Fact]
    public async Task A_restore_sent_twice_under_one_key_is_done_once()
    {
        var user = await server.NewUser();
        await user.Upload("a.txt", First);
        await user.Post("/file/delete", ("filehash", First.Sha1()));
        var first = await Restore("a.txt");
        await user.Post("/file/delete", ("filehash", First.Sha1()));
        var second = await Restore("a.txt");

        Assert.Equal(await first.Content.ReadAsStringAsync(Cancel), await second.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(404, await (await user.Get("/file/meta", ("filehash", First.Sha1()))).Refusal());
        Assert.Equal(409, await (await Restore("b.txt")).Refusal());

        async Task<HttpResponseMessage> Restore(string name)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"/file/restore?filename={name}");
            request.Headers.Add("Idempotency-Key", "once");
            return await user.Send(request);
        }
    }

    [Fact]
    public async Task What_can_not_be_restored_is_said_precisely()
    {
        var (user, other) = (await server.NewUser(), await server.NewUser());
        await other.Upload("theirs.txt", "somebody else's"u8.ToArray());
        await user.Upload("a.txt", First);
        Assert.Equal(400, await (await user.Post("/file/restore")).Refusal());
        Assert.Equal(400, await (await user.Post("/file/restore", ("filename", "a.txt"), ("version", "x"))).Refusal());
        Assert.Equal(404, await (await user.Post("/file/restore", ("filename", "a.txt"), ("version", "9"))).Refusal());
        Assert.Equal(404, await (await user.Post("/file/restore", ("filename", "theirs.txt"))).Refusal());
        var theirs = "somebody else's"u8.ToArray().Sha1();
        Assert.Equal(404, await (await user.Post("/file/restore", ("filehash", theirs))).Refusal());
    }

    [Fact]
    public async Task A_purged_content_is_gone_from_the_past_but_not_from_the_history()
    {
        var user = await server.NewUser();
        var bytes = "soon purged"u8.ToArray();
        await user.Upload("a.txt", bytes);
        var then = (await Events(user, ("filename", "a.txt")))[0].GetProperty("Position").GetInt64();
        await user.Post("/file/delete", ("filehash", bytes.Sha1()));
        var hash = ContentHash.FromBytes(System.Security.Cryptography.SHA256.HashData(bytes));
        var context = server.Varve.Context("root");
        await server.Varve.Run(new ContentCommand.SchedulePurge(context, hash, context.At), Cancel);
        await server.Varve.Run(new ContentCommand.Purge(server.Varve.Context("root"), hash), Cancel);

        Assert.Equal(410, await (await user.Post("/file/restore", ("filename", "a.txt"))).Refusal());
        var query = (("filehash", bytes.Sha1()), ("asof", $"p{then}"));
        Assert.Equal(410, await (await user.Get("/file/download", query.Item1, query.Item2)).Refusal());
        var meta = await (await user.Get("/file/meta", query.Item1, query.Item2)).Json();
        Assert.Equal("a.txt", meta.GetProperty("FileName").GetString());
        Assert.Equal(2, (await Events(user, ("filehash", bytes.Sha1()))).Count);
    }

    [Fact]
    public async Task Meta_query_and_download_show_any_instant()
    {
        var user = await server.NewUser();
        await user.Upload("a.txt", First);
        var then = (await Events(user, ("filename", "a.txt")))[0];
        var (position, at) = (then.GetProperty("Position").GetInt64(), then.GetProperty("At").GetString()!);
        // The next event is in another millisecond.
        var time = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        while (TimeProvider.System.GetUtcNow() < time.AddMilliseconds(2))
            await Task.Yield();
        await user.Upload("a.txt", Second);
        await user.Upload("b.txt", "another"u8.ToArray());

        foreach (
            var instant in (string[])
                [$"p{position}", $"P{position}", at, $"{time:yyyy-MM-dd'T'HH:mm:ss.fff}Z", Offset()]
        )
        {
            var asOf = ("asof", instant);
            Assert.Equal(["a.txt"], await Names(user, asOf));
            var meta = await user.Get("/file/meta", ("filehash", First.Sha1()), asOf);
            Assert.Equal("a.txt", (await meta.Json()).GetProperty("FileName").GetString());
            var bytes = await user.Get("/file/download", ("filehash", First.Sha1()), ("filename", "a.txt"), asOf);
            Assert.Equal(First, await bytes.Content.ReadAsByteArrayAsync(Cancel));
            Assert.Equal(404, await (await user.Get("/file/meta", ("filehash", Second.Sha1()), asOf)).Refusal());
        }
        Assert.Empty(await Names(user, ("asof", $"p{position - 1}")));
        Assert.Empty(await Names(user, ("asof", "2001-02-03 04:05:06")));
        foreach (var future in (string[])["p999999999999", "p99999999999999999999", "2999-12-31 23:59:59"])
            Assert.Equal(["a.txt", "b.txt"], await Names(user, ("asof", future)));
        foreach (var wrong in (string[])["yesterday", "p", "p-1", "2026-13-01 00:00:00", "12", "2026-01-01 25:00:00"])
        {
            var refused = await user.Get("/file/query", ("asof", wrong));
            Assert.Contains("yyyy-MM-dd HH:mm:ss", await refused.Content.ReadAsStringAsync(Cancel));
            Assert.Equal(400, await refused.Refusal());
        }

        string Offset() => $"{time.ToOffset(TimeSpan.FromHours(8)):yyyy-MM-dd'T'HH:mm:ss.fffzzz}";
    }

    [Fact]
    public async Task A_query_of_the_past_comes_in_pages()
    {
        var user = await server.NewUser();
        for (var i = 0; i < 5; i++)
            await user.Upload($"{i}.txt", BitConverter.GetBytes(i));
        var position = server.Varve.Barrier.Acknowledged.Value;
        for (var i = 0; i < 5; i++)
            await user.Post("/file/delete", ("filehash", BitConverter.GetBytes(i).Sha1()));

        var (names, cursor) = (new List<string>(), "");
        do
        {
            var page = await user.Get("/file/query", ("limit", "2"), ("asof", $"p{position}"), ("cursor", cursor));
            names.AddRange((await page.Json()).EnumerateArray().Select(f => f.GetProperty("FileName").GetString()!));
            cursor = page.Headers.TryGetValues("x-varve-cursor", out var next) ? next.Single() : "";
        } while (cursor.Length > 0);

        Assert.Equal(["0.txt", "1.txt", "2.txt", "3.txt", "4.txt"], names);
        Assert.Empty(await Names(user));
    }

    [Fact]
    public async Task Another_file_under_an_old_name_has_a_history_of_its_own()
    {
        var user = await server.NewUser();
        await user.Upload("a", First);
        await user.Post("/file/update", ("op", "0"), ("filehash", First.Sha1()), ("filename", "b"));
        await user.Upload("a", Second);
        await user.Post("/file/delete", ("filehash", Second.Sha1()));
        await user.Post("/file/restore", ("filename", "a"));

        Assert.Equal(
            [("a", "Put"), ("a", "Deleted"), ("a", "Restore")],
            (await Events(user, ("filename", "a"))).Select(Shown)
        );
        Assert.Equal(
            [("a", "Put"), ("b", "Rename"), ("a", "Renamed")],
            (await Events(user, ("filename", "b"))).Select(Shown)
        );

        static (string?, string) Shown(JsonElement e) =>
            (e.GetProperty("FileName").GetString(), e.GetProperty("Detail").GetString()!.Split(' ')[0]);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static async Task<List<JsonElement>> Events(RestUser user, params (string, string)[] query) =>
        [.. (await (await user.Get("/file/history", query)).Json()).EnumerateArray()];

    static async Task<List<string?>> Names(RestUser user, params (string, string)[] query) =>
        [
            .. (await (await user.Get("/file/query", query)).Json())
                .EnumerateArray()
                .Select(file => file.GetProperty("FileName").GetString()),
        ];

    static async Task<byte[]> Bytes(RestUser user, byte[] wanted) =>
        await (await user.Get("/file/download", ("filehash", wanted.Sha1()))).Content.ReadAsByteArrayAsync(Cancel);
}
