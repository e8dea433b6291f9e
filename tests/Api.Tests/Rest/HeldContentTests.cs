using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Tiers;

namespace Varve.Api.Tests.Rest;

/// <summary>What counts as held: whole bytes, and the very ones that the caller has.</summary>
public sealed class HeldContentTests(RestServer server) : IClassFixture<RestServer>
{
    const int Chunk = 5 * 1024 * 1024;

    [Fact]
    public async Task Damage_in_a_chunk_counts_against_the_whole_file_and_a_new_upload_heals_it()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(Chunk + 1);
        await UploadInChunks(user, bytes, "chunks");
        Damage(Chunk);
        await Assert.ThrowsAnyAsync<Exception>(async () => (await Download(user, bytes)).EnsureSuccessStatusCode());

        Assert.Equal(-1, (await FastUpload(user, bytes, "fast")).GetProperty("code").GetInt32());
        Assert.False((await Init(user, bytes, "chunks")).GetProperty("Instant").GetBoolean());
        await UploadInChunks(user, bytes, "chunks");
        var healed = await Download(user, bytes);
        Assert.Equal(bytes, await healed.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task Who_has_other_bytes_with_the_same_SHA1_must_prove_to_hold_these()
    {
        var bytes = RandomNumberGenerator.GetBytes(1000);
        await (await server.NewUser()).Upload("theirs", bytes);
        var user = await server.NewUser();
        await PutTwin(user, "twin", bytes.Sha1(), RandomNumberGenerator.GetBytes(1000));

        Assert.Equal(1, (await FastUpload(user, bytes, "fast")).GetProperty("code").GetInt32());
        Assert.False((await Init(user, bytes, "init")).GetProperty("Instant").GetBoolean());
        Assert.Equal(404, await (await user.Get("/file/history", ("filename", "init"))).Refusal());
    }

    [Fact]
    public async Task The_same_chunk_again_changes_nothing_and_keeps_no_bytes()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var id = (await Init(user, bytes, "again")).GetProperty("UploadID").GetString()!;
        for (var time = 0; time < 3; time++)
        {
            Assert.Equal(HttpStatusCode.OK, (await user.UploadPart(id, 1, bytes)).StatusCode);
            Assert.Single(FilesOf(bytes.Length));
        }
        var head = await server.Varve.Events.Head(Cancel);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => user.UploadPart(id, 1, bytes)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(head, await server.Varve.Events.Head(Cancel));
        Assert.Single(FilesOf(bytes.Length));
    }

    [Fact]
    public async Task Any_text_can_be_a_stored_type_and_encoding()
    {
        var user = await server.NewUser();
        var bytes = RandomNumberGenerator.GetBytes(1000);
        var attributes = new ObjectAttributes(
            "text/狐狸",
            ImmutableSortedDictionary<string, string>.Empty.Add("content-encoding", "狐\r\n狸")
        );
        await Put(user, "odd", bytes.Sha1(), bytes, attributes);
        var read = await Download(user, bytes);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.StartsWith("=?UTF-8?B?", read.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.StartsWith("=?UTF-8?B?", read.Content.Headers.NonValidated["Content-Encoding"].ToString());
    }

    Task PutTwin(RestUser user, string name, string sha1, byte[] bytes) =>
        Put(user, name, sha1, bytes, ObjectAttributes.None);

    /// <summary>As S3 would, which does not ask for SHA-1s.</summary>
    async Task Put(RestUser user, string name, string sha1, byte[] bytes, ObjectAttributes attributes)
    {
        var varve = server.Varve;
        using var body = new Varve.Api.Rest.StreamBody(new MemoryStream(bytes), bytes.Length);
        await using var staged = await varve.Tier.Stage(body, new StageOptions(Checksum: null, bytes.Length), Cancel);
        var facts = (await varve.Keep(staged, Cancel)) with { Sha1 = sha1 };
        await varve.Run(
            new ObjectCommand.Put(
                varve.Context(user.Name),
                new ObjectId(BucketName.Parse(user.Name), ObjectKey.Parse(name)),
                facts,
                facts.Md5!,
                attributes,
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                WriteCondition.None
            ),
            Cancel
        );
    }

    IEnumerable<string> FilesOf(long size) =>
        Directory
            .GetFiles(server.Contents, "*", SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length is var length && length >= size && length < size + size / 2);

    void Damage(long size)
    {
        using var file = new FileStream(Assert.Single(FilesOf(size)), FileMode.Open);
        file.Position = 1000;
        var right = file.ReadByte();
        file.Position = 1000;
        file.WriteByte((byte)~right);
    }

    static async Task UploadInChunks(RestUser user, byte[] bytes, string name)
    {
        var id = (await Init(user, bytes, name)).GetProperty("UploadID").GetString()!;
        foreach (var (index, chunk) in bytes.Chunk(Chunk).Index())
            (await user.UploadPart(id, index + 1, chunk)).EnsureSuccessStatusCode();
        var done = await user.Post(
            "/file/mpupload/complete",
            ("uploadid", id),
            ("filehash", bytes.Sha1()),
            ("filesize", $"{bytes.Length}"),
            ("filename", name)
        );
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
    }

    static Task<HttpResponseMessage> Download(RestUser user, byte[] bytes) =>
        user.Get("/file/download", ("filehash", bytes.Sha1()));

    static Task<JsonElement> Init(RestUser user, byte[] bytes, string name) =>
        Told(user.Post("/file/mpupload/init", Named(bytes, name)), "data");

    static Task<JsonElement> FastUpload(RestUser user, byte[] bytes, string name) =>
        Told(user.Post("/file/fastupload", Named(bytes, name)), field: null);

    static (string, string)[] Named(byte[] bytes, string name) =>
        [("filehash", bytes.Sha1()), ("filesize", $"{bytes.Length}"), ("filename", name)];

    static async Task<JsonElement> Told(Task<HttpResponseMessage> answer, string? field)
    {
        var json = await (await answer).Json();
        return field is null ? json : json.GetProperty(field);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
