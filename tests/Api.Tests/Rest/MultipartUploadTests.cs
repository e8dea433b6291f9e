using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Varve.Api.Tests.Rest;

public sealed class MultipartUploadTests(RestServer server) : IClassFixture<RestServer>
{
    const int Chunk = 5 * 1024 * 1024;

    [Fact]
    public async Task Chunks_in_any_order_at_the_same_time_become_the_file()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(4 * Chunk + 123);
        var begun = await Init(user, bytes, "whole.bin");
        Assert.Equal(5, begun.GetProperty("ChunkCount").GetInt32());
        Assert.Equal(Chunk, begun.GetProperty("ChunkSize").GetInt64());
        var id = begun.GetProperty("UploadID").GetString()!;
        var order = Enumerable.Range(1, 5).ToArray();
        Random.Shared.Shuffle(order);
        var answers = await Task.WhenAll(order.Concat(order).Select(n => user.UploadPart(id, n, ChunkOf(bytes, n))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

        var metas = new List<string>();
        for (var time = 0; time < 3; time++)
        {
            var answer = await Complete(user, id, bytes, "whole.bin");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            metas.Add((await answer.Data()).GetRawText());
        }
        Assert.Single(metas.Distinct());
        var read = await user.Get("/file/download", ("filehash", bytes.Sha1()));
        Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.EndsWith("-5\"", read.Headers.ETag!.Tag);
        Assert.Equal(404, await (await user.UploadPart(id, 1, ChunkOf(bytes, 1))).Refusal());
        Assert.Equal(404, await (await user.Post("/file/mpupload/cancel", ("uploadid", id))).Refusal());
    }

    [Fact]
    public async Task An_upload_goes_on_where_it_was()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(2 * Chunk);
        var id = (await Init(user, bytes, "resumed")).GetProperty("UploadID").GetString()!;
        await user.UploadPart(id, 2, ChunkOf(bytes, 2));

        var again = await Init(user, bytes, "resumed");
        Assert.Equal(id, again.GetProperty("UploadID").GetString());
        Assert.Equal(2, Assert.Single(again.GetProperty("ChunkExists").EnumerateArray()).GetInt32());
        var status = await (await user.Get("/file/mpupload/status", ("uploadid", id))).Data();
        Assert.Equal("Open", status.GetProperty("Status").GetString());
        Assert.Equal(2, Assert.Single(status.GetProperty("Chunks").EnumerateArray()).GetInt32());

        var early = await Complete(user, id, bytes, "resumed");
        Assert.Equal(HttpStatusCode.BadRequest, early.StatusCode);
        Assert.Equal(
            """{"code":-2,"msg":"invalid request","data":null}""",
            await early.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
        await user.UploadPart(id, 1, ChunkOf(bytes, 1));
        Assert.Equal(HttpStatusCode.OK, (await Complete(user, id, bytes, "resumed")).StatusCode);
        status = await (await user.Get("/file/mpupload/status", ("uploadid", id))).Data();
        Assert.Equal("Completed", status.GetProperty("Status").GetString());
    }

    [Fact]
    public async Task Another_hash_than_announced_is_409_and_the_chunks_stay()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(Chunk + 1);
        var id = (await Init(user, bytes, "wrong")).GetProperty("UploadID").GetString()!;
        await user.UploadPart(id, 1, ChunkOf(bytes, 1));
        await user.UploadPart(id, 2, [(byte)~bytes[^1]]);
        Assert.Equal(409, await (await Complete(user, id, bytes, "wrong")).Refusal());
        var status = await (await user.Get("/file/mpupload/status", ("uploadid", id))).Data();
        Assert.Equal(2, status.GetProperty("Chunks").GetArrayLength());
        Assert.Equal(
            "[]",
            await (await user.Get("/file/query")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );

        await user.UploadPart(id, 2, ChunkOf(bytes, 2));
        Assert.Equal(HttpStatusCode.OK, (await Complete(user, id, bytes, "wrong")).StatusCode);
    }

    [Fact]
    public async Task An_upload_is_its_beginners_alone()
    {
        var (user, other) = (await server.NewUser(), await server.NewUser());
        var bytes = RandomNumberGenerator.GetBytes(100);
        var id = (await Init(user, bytes, "mine")).GetProperty("UploadID").GetString()!;
        Assert.Equal(404, await (await other.UploadPart(id, 1, bytes)).Refusal());
        Assert.Equal(404, await (await other.Get("/file/mpupload/status", ("uploadid", id))).Refusal());
        Assert.Equal(404, await (await Complete(other, id, bytes, "mine")).Refusal());
        Assert.Equal(404, await (await other.Post("/file/mpupload/cancel", ("uploadid", id))).Refusal());
        Assert.Equal(404, await (await user.Get("/file/mpupload/status", ("uploadid", "nonsense"))).Refusal());
    }

    [Fact]
    public async Task A_cancelled_upload_takes_no_more()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(100);
        var id = (await Init(user, bytes, "cancelled")).GetProperty("UploadID").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await user.Post("/file/mpupload/cancel", ("uploadid", id))).StatusCode);
        Assert.Equal(404, await (await user.UploadPart(id, 1, bytes)).Refusal());
        Assert.Equal(404, await (await Complete(user, id, bytes, "cancelled")).Refusal());
        Assert.NotEqual(id, (await Init(user, bytes, "cancelled")).GetProperty("UploadID").GetString());
    }

    [Fact]
    public async Task A_chunk_of_the_wrong_number_size_or_hash_is_refused()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(1000);
        var id = (await Init(user, bytes, "strict")).GetProperty("UploadID").GetString()!;
        Assert.Equal(400, await (await user.UploadPart(id, 0, bytes)).Refusal());
        Assert.Equal(400, await (await user.UploadPart(id, 2, bytes)).Refusal());
        Assert.Equal(400, await (await user.UploadPart(id, 1, bytes[..999])).Refusal());
        Assert.Equal(413, await (await user.UploadPart(id, 1, [.. bytes, 0])).Refusal());
        Assert.Equal(400, await (await Part(user, id, bytes, new string('0', 40))).Refusal());
        Assert.Equal(400, await (await Part(user, id, bytes, "abc")).Refusal());
        Assert.Equal(HttpStatusCode.OK, (await Part(user, id, bytes, bytes.Sha1())).StatusCode);
    }

    [Fact]
    public async Task What_the_caller_holds_already_is_there_at_once()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(1000);
        await user.Upload("held", bytes);
        var begun = await Init(user, bytes, "held too");
        Assert.True(begun.GetProperty("Instant").GetBoolean());
        Assert.Equal(JsonValueKind.Null, begun.GetProperty("UploadID").ValueKind);
        var meta = await (await user.Get("/file/meta", ("filehash", bytes.Sha1()), ("filename", "held too"))).Json();
        Assert.Equal("held too", meta.GetProperty("FileName").GetString());

        var other = await server.NewUser();
        Assert.False((await Init(other, bytes, "not held")).GetProperty("Instant").GetBoolean());
    }

    [Fact]
    public async Task An_empty_file_has_no_chunks()
    {
        var user = await server.NewUser();
        var begun = await Init(user, [], "empty");
        Assert.Equal(0, begun.GetProperty("ChunkCount").GetInt32());
        var id = begun.GetProperty("UploadID").GetString()!;
        Assert.Equal(400, await (await user.UploadPart(id, 1, [1])).Refusal());
        Assert.Equal(HttpStatusCode.OK, (await Complete(user, id, [], "empty")).StatusCode);
        Assert.Equal(
            HttpStatusCode.OK,
            (await user.Get("/file/download", ("filehash", Array.Empty<byte>().Sha1()))).StatusCode
        );
    }

    [Theory]
    [InlineData("xyz", "1")]
    [InlineData("da39a3ee5e6b4b0d3255bfef95601890afd80709", "-1")]
    [InlineData("da39a3ee5e6b4b0d3255bfef95601890afd80709", "5497558138881")]
    [InlineData("da39a3ee5e6b4b0d3255bfef95601890afd80709", "")]
    public async Task A_wrong_beginning_is_refused(string hash, string size)
    {
        var user = await server.NewUser();
        Assert.Equal(
            400,
            await (await user.Post("/file/mpupload/init", ("filehash", hash), ("filesize", size))).Refusal()
        );
    }

    static byte[] ChunkOf(byte[] bytes, int number) => [.. bytes.Skip((number - 1) * Chunk).Take(Chunk)];

    static async Task<JsonElement> Init(RestUser user, byte[] bytes, string name) =>
        await (
            await user.Post(
                "/file/mpupload/init",
                ("filehash", bytes.Sha1()),
                ("filesize", $"{bytes.Length}"),
                ("filename", name)
            )
        ).Data();

    static Task<HttpResponseMessage> Complete(RestUser user, string id, byte[] bytes, string name) =>
        user.Post(
            "/file/mpupload/complete",
            ("uploadid", id),
            ("filehash", bytes.Sha1()),
            ("filesize", $"{bytes.Length}"),
            ("filename", name)
        );

    static Task<HttpResponseMessage> Part(RestUser user, string id, byte[] bytes, string hash) =>
        user.Send(
            new HttpRequestMessage(HttpMethod.Post, $"/file/mpupload/uppart?uploadid={id}&index=1&chunkhash={hash}")
            {
                Content = new ByteArrayContent(bytes),
            }
        );
}
