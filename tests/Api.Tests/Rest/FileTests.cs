using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Varve.Domain.Buckets;

namespace Varve.Api.Tests.Rest;

public sealed class FileTests(RestServer server) : IClassFixture<RestServer>
{
    static readonly byte[] Text = "The quick brown fox jumps over the lazy dog."u8.ToArray();

    [Fact]
    public async Task A_file_is_found_by_its_hash_and_its_name()
    {
        var user = await server.NewUser();
        await user.Upload("fox.txt", Text);
        await user.Upload("second.txt", Text);
        var meta = await (await user.Get("/file/meta", ("fileHash", Text.Sha1().ToUpperInvariant()))).Json();
        Assert.Equal("second.txt", meta.GetProperty("FileName").GetString());
        Assert.Equal(Text.Length, meta.GetProperty("FileSize").GetInt64());
        Assert.StartsWith("disk:", meta.GetProperty("Location").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", meta.GetProperty("UploadAt").GetString());
        meta = await (await user.Get("/file/meta", ("filehash", Text.Sha1()), ("filename", "fox.txt"))).Json();
        Assert.Equal("fox.txt", meta.GetProperty("FileName").GetString());
        Assert.Equal(
            404,
            await (await user.Get("/file/meta", ("filehash", Text.Sha1()), ("filename", "no"))).Refusal()
        );
        Assert.Equal(404, await (await user.Get("/file/meta", ("filehash", new string('0', 40)))).Refusal());
        Assert.Equal(400, await (await user.Get("/file/meta", ("filehash", "xyz"))).Refusal());
        Assert.Equal(400, await (await user.Get("/file/meta")).Refusal());
    }

    [Fact]
    public async Task Files_of_others_are_not_there()
    {
        var (owner, other) = (await server.NewUser(), await server.NewUser());
        await owner.Upload("mine.txt", Text);
        Assert.Equal(404, await (await other.Get("/file/meta", ("filehash", Text.Sha1()))).Refusal());
        Assert.Equal(404, await (await other.Get("/file/download", ("filehash", Text.Sha1()))).Refusal());
        Assert.Equal(404, await (await other.Post("/file/delete", ("filehash", Text.Sha1()))).Refusal());
        Assert.Equal(
            404,
            await (
                await other.Post("/file/update", ("op", "0"), ("filehash", Text.Sha1()), ("filename", "x"))
            ).Refusal()
        );
        Assert.Equal(404, await (await other.Get("/file/history", ("filename", "mine.txt"))).Refusal());
        Assert.Equal(
            "[]",
            await (await other.Get("/file/query")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Files_are_listed_by_page_and_prefix()
    {
        var user = await server.NewUser();
        for (var number = 0; number < 5; number++)
            await user.Upload($"list-{number}", Encoding.UTF8.GetBytes($"content {number}"));
        await user.Upload("other", "other"u8.ToArray());

        var first = await user.Get("/file/query", ("prefix", "list-"), ("limit", "3"));
        var names = (await first.Json()).EnumerateArray().Select(f => f.GetProperty("FileName").GetString()).ToList();
        var cursor = first.Headers.GetValues("x-varve-cursor").Single();
        var second = await user.Get("/file/query", ("prefix", "list-"), ("limit", "3"), ("cursor", cursor));
        names.AddRange((await second.Json()).EnumerateArray().Select(f => f.GetProperty("FileName").GetString()));
        Assert.Equal(["list-0", "list-1", "list-2", "list-3", "list-4"], names);
        Assert.False(second.Headers.Contains("x-varve-cursor"));
        Assert.Equal(400, await (await user.Get("/file/query", ("limit", "0"))).Refusal());
        Assert.Equal(400, await (await user.Get("/file/query", ("limit", "1001"))).Refusal());
        Assert.Equal(400, await (await user.Get("/file/query", ("limit", "many"))).Refusal());
    }

    [Fact]
    public async Task A_download_gives_the_bytes_a_range_or_nothing_new()
    {
        var user = await server.NewUser();
        await user.Upload("狐狸 \"x\".txt", Text);
        var whole = await user.Get("/file/download", ("filehash", Text.Sha1()));
        Assert.Equal(Text, await whole.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("text/plain", whole.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", whole.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("狐狸 \"x\".txt", whole.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal("bytes", whole.Headers.AcceptRanges.Single());
        var etag = whole.Headers.ETag!;

        var part = await Conditional(user, HttpMethod.Get, h => h.Range = new RangeHeaderValue(4, 8));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("quick", await part.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal($"bytes 4-8/{Text.Length}", part.Content.Headers.ContentRange!.ToString());

        var tail = await Conditional(user, HttpMethod.Get, h => h.Range = new RangeHeaderValue(null, 4));
        Assert.Equal("dog.", await tail.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        var beyond = await Conditional(user, HttpMethod.Get, h => h.Range = new RangeHeaderValue(1000, null));
        Assert.Equal(416, await beyond.Refusal());
        Assert.Equal($"bytes */{Text.Length}", beyond.Content.Headers.ContentRange!.ToString());

        var known = await Conditional(user, HttpMethod.Get, h => h.IfNoneMatch.Add(etag));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Equal(etag, known.Headers.ETag);

        var changed = await Conditional(
            user,
            HttpMethod.Get,
            h =>
            {
                h.Range = new RangeHeaderValue(4, 8);
                h.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue("\"other\""));
            }
        );
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);

        var unmatched = await Conditional(user, HttpMethod.Get, h => h.IfMatch.Add(new("\"other\"")));
        Assert.Equal(412, await unmatched.Refusal());

        var head = await Conditional(user, HttpMethod.Head, _ => { });
        Assert.Equal(Text.Length, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_damaged_file_is_never_passed_off_as_whole_and_the_next_upload_heals_it()
    {
        var user = await server.NewUser();
        var cancel = TestContext.Current.CancellationToken;
        var bytes = System.Security.Cryptography.RandomNumberGenerator.GetBytes(1_000_000);
        await user.Upload("damaged", bytes);
        var files = Directory.GetFiles(server.Contents, "*", SearchOption.AllDirectories);
        var kept = files.Single(file => new FileInfo(file).Length is >= 1_000_000 and < 2_000_000);
        await using (var file = new FileStream(kept, FileMode.Open))
        {
            file.Position = 1000;
            var right = file.ReadByte();
            file.Position = 1000;
            file.WriteByte((byte)~right);
        }
        var damaged = await user.Get("/file/download", ("filehash", bytes.Sha1()));
        Assert.Equal(500, await damaged.Refusal());
        Assert.False(damaged.Headers.Contains("ETag"));

        await user.Upload("damaged", bytes);
        var healed = await user.Get("/file/download", ("filehash", bytes.Sha1()));
        Assert.Equal(bytes, await healed.Content.ReadAsByteArrayAsync(cancel));
    }

    [Fact]
    public async Task A_renamed_file_keeps_its_bytes_and_loses_its_old_name()
    {
        var user = await server.NewUser();
        var bytes = "renamed"u8.ToArray();
        await user.Upload("old name", bytes);
        var renamed = await user.Post(
            "/file/update",
            ("op", "0"),
            ("filehash", bytes.Sha1()),
            ("filename", "新名字.txt")
        );
        Assert.Equal("新名字.txt", (await renamed.Json()).GetProperty("FileName").GetString());
        Assert.Equal(
            404,
            await (await user.Get("/file/meta", ("filehash", bytes.Sha1()), ("filename", "old name"))).Refusal()
        );
        var read = await user.Get("/file/download", ("filehash", bytes.Sha1()), ("filename", "新名字.txt"));
        Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        var same = await user.Post("/file/update", ("op", "0"), ("filehash", bytes.Sha1()), ("filename", "新名字.txt"));
        Assert.Equal("新名字.txt", (await same.Json()).GetProperty("FileName").GetString());
        Assert.Equal(
            403,
            await (
                await user.Post("/file/update", ("op", "1"), ("filehash", bytes.Sha1()), ("filename", "x"))
            ).Refusal()
        );
        var get = await user.Get("/file/update", ("op", "0"));
        Assert.Equal(405, await get.Refusal());
        Assert.Equal("POST", get.Content.Headers.Allow.Single());
    }

    [Fact]
    public async Task Deleting_by_hash_deletes_all_names_unless_one_is_given()
    {
        var user = await server.NewUser();
        var bytes = "three names"u8.ToArray();
        foreach (var name in (string[])["a", "b", "c"])
            await user.Upload(name, bytes);
        var one = await user.Post("/file/delete", ("filehash", bytes.Sha1()), ("filename", "c"));
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        var meta = await (await user.Get("/file/meta", ("filehash", bytes.Sha1()))).Json();
        Assert.Equal("b", meta.GetProperty("FileName").GetString());
        Assert.Equal(HttpStatusCode.OK, (await user.Post("/file/delete", ("filehash", bytes.Sha1()))).StatusCode);
        Assert.Equal(404, await (await user.Get("/file/meta", ("filehash", bytes.Sha1()))).Refusal());
        Assert.Equal(404, await (await user.Post("/file/delete", ("filehash", bytes.Sha1()))).Refusal());
        Assert.Equal(
            "[]",
            await (await user.Get("/file/query")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task History_goes_through_renames_there_and_back()
    {
        var user = await server.NewUser();
        var (first, second) = ("first"u8.ToArray(), "second"u8.ToArray());
        await user.Upload("a", first);
        await Rename(user, first, "b");
        await user.Upload("b", second);
        await Rename(user, second, "a");
        await user.Upload("unrelated", first);

        foreach (var name in (string[])["a", "b"])
        {
            var events = await (await user.Get("/file/history", ("filename", name))).Json();
            Assert.Equal(
                [
                    ("ObjectPut", "a", "Put"),
                    ("ObjectPut", "b", "Rename from a"),
                    ("ObjectDeleted", "a", "Renamed to b"),
                    ("ObjectPut", "b", "Put"),
                    ("ObjectPut", "a", "Rename from b"),
                    ("ObjectDeleted", "b", "Renamed to a"),
                ],
                events.EnumerateArray().Select(Shown)
            );
            Assert.All(events.EnumerateArray(), e => Assert.Equal(user.Name, e.GetProperty("By").GetString()));
        }
        var byHash = await (await user.Get("/file/history", ("filehash", second.Sha1()))).Json();
        Assert.Equal(6, byHash.GetArrayLength());

        var page = await user.Get("/file/history", ("filename", "a"), ("limit", "4"));
        Assert.Equal(4, (await page.Json()).GetArrayLength());
        var rest = await user.Get(
            "/file/history",
            ("filename", "a"),
            ("limit", "4"),
            ("cursor", page.Headers.GetValues("x-varve-cursor").Single())
        );
        Assert.Equal(2, (await rest.Json()).GetArrayLength());
        Assert.False(rest.Headers.Contains("x-varve-cursor"));
        Assert.Equal(400, await (await user.Get("/file/history")).Refusal());
        Assert.Equal(404, await (await user.Get("/file/history", ("filename", "never"))).Refusal());
    }

    [Fact]
    public async Task A_deleted_file_still_has_its_history()
    {
        var user = await server.NewUser();
        var bytes = "deleted"u8.ToArray();
        await user.Upload("gone", bytes);
        await user.Post("/file/delete", ("filehash", bytes.Sha1()));
        var events = await (await user.Get("/file/history", ("filehash", bytes.Sha1()))).Json();
        Assert.Equal(
            [("ObjectPut", "gone", "Put"), ("ObjectDeleted", "gone", "Deleted")],
            events.EnumerateArray().Select(Shown)
        );
    }

    [Fact]
    public async Task A_home_bucket_that_somebody_else_took_is_closed_to_REST()
    {
        var user = await server.NewUser();
        var bytes = "taken"u8.ToArray();
        var home = BucketName.Parse(user.Name);
        var varve = server.Varve;
        var cancel = TestContext.Current.CancellationToken;
        await varve.Run(new BucketCommand.RequestDeletion(varve.Context(user.Name), home), cancel);
        await varve.Run(
            new BucketCommand.FinishDeletion(varve.Context(user.Name), home, Deletion: 1, Empty: true),
            cancel
        );
        await varve.Run(new BucketCommand.Create(varve.Context("mallory"), home, "mallory"), cancel);
        Assert.Equal(403, await (await user.Get("/file/meta", ("filehash", bytes.Sha1()))).Refusal());
        var form = new HttpRequestMessage(HttpMethod.Post, "/file/upload") { Content = RestUser.FormOf(("x", bytes)) };
        Assert.Equal(403, await (await user.Send(form)).Refusal());
    }

    [Fact]
    public async Task A_change_with_an_idempotency_key_happens_once_and_is_answered_twice()
    {
        var user = await server.NewUser();
        var bytes = "idempotent"u8.ToArray();
        await user.Upload("before", bytes);
        var renames = new List<string>();
        for (var time = 0; time < 2; time++)
        {
            var answer = await Keyed(
                user,
                "/file/update",
                "key-1",
                ("op", "0"),
                ("filehash", bytes.Sha1()),
                ("filename", "after")
            );
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            renames.Add((await answer.Json()).GetRawText());
        }
        Assert.Equal(renames[0], renames[1]);
        for (var time = 0; time < 2; time++)
            Assert.Equal(
                HttpStatusCode.OK,
                (await Keyed(user, "/file/delete", "key-2", ("filehash", bytes.Sha1()))).StatusCode
            );
        Assert.Equal(
            409,
            await (await Keyed(user, "/user/keys/revoke", "key-2", ("accesskey", await NewKey(user)))).Refusal()
        );
    }

    [Fact]
    public async Task A_read_waits_for_the_position_of_a_write()
    {
        var user = await server.NewUser();
        var bytes = "position"u8.ToArray();
        await user.Upload("p", bytes);
        var written = await user.Post("/file/update", ("op", "0"), ("filehash", bytes.Sha1()), ("filename", "q"));
        var position = written.Headers.GetValues("x-varve-position").Single();
        var request = new HttpRequestMessage(HttpMethod.Get, $"/file/meta?filehash={bytes.Sha1()}");
        request.Headers.Add("x-varve-position", position);
        Assert.Equal(HttpStatusCode.OK, (await user.Send(request)).StatusCode);
        var wrong = new HttpRequestMessage(HttpMethod.Get, $"/file/meta?filehash={bytes.Sha1()}");
        wrong.Headers.Add("x-varve-position", "soon");
        Assert.Equal(400, await (await user.Send(wrong)).Refusal());
        var beyond = new HttpRequestMessage(HttpMethod.Get, $"/file/meta?filehash={bytes.Sha1()}");
        beyond.Headers.Add("x-varve-position", $"{long.MaxValue}");
        Assert.Equal(400, await (await user.Send(beyond)).Refusal());
        var nobody = new HttpRequestMessage(HttpMethod.Get, $"/file/meta?filehash={bytes.Sha1()}");
        nobody.Headers.Add("x-varve-position", $"{long.MaxValue}");
        Assert.Equal(
            401,
            await (await server.Client.SendAsync(nobody, TestContext.Current.CancellationToken)).Refusal()
        );
    }

    [Theory]
    [InlineData("/file/mpupload/uppart")]
    [InlineData("/no/such/place")]
    public async Task A_refusal_before_the_body_was_sent_ends_the_connection(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[100]) };
        request.Headers.ExpectContinue = true;
        var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.False(answer.IsSuccessStatusCode);
        Assert.True(answer.Headers.ConnectionClose);
    }

    [Fact]
    public async Task What_is_not_there_is_said_in_the_envelope()
    {
        var user = await server.NewUser();
        Assert.Equal(404, await (await server.Get("/no/such.thing")).Refusal());
        var tooLong = new HttpRequestMessage(HttpMethod.Post, "/user/signup")
        {
            Content = new FormUrlEncodedContent([new("username", new string('x', 2 * 1024 * 1024))]),
        };
        tooLong.Headers.ExpectContinue = true;
        Assert.Equal(413, await (await user.Send(tooLong)).Refusal());
    }

    static (string?, string?, string?) Shown(JsonElement e) =>
        (e.GetProperty("Type").GetString(), e.GetProperty("FileName").GetString(), e.GetProperty("Detail").GetString());

    static async Task Rename(RestUser user, byte[] bytes, string to) =>
        (
            await user.Post("/file/update", ("op", "0"), ("filehash", bytes.Sha1()), ("filename", to))
        ).EnsureSuccessStatusCode();

    static Task<HttpResponseMessage> Conditional(RestUser user, HttpMethod method, Action<HttpRequestHeaders> with)
    {
        var request = new HttpRequestMessage(method, $"/file/download?filehash={Text.Sha1()}");
        with(request.Headers);
        return user.Send(request);
    }

    static Task<HttpResponseMessage> Keyed(
        RestUser user,
        string path,
        string key,
        params (string Name, string Value)[] fields
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))),
        };
        request.Headers.Add("Idempotency-Key", key);
        return user.Send(request);
    }

    static async Task<string> NewKey(RestUser user) =>
        (await (await user.Post("/user/keys")).Data()).GetProperty("AccessKey").GetString()!;
}
