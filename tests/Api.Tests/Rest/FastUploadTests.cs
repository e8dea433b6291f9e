using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Varve.Api.Tests.Rest;

public sealed class FastUploadTests(RestServer server) : IClassFixture<RestServer>
{
    const string Done = "秒传成功";
    const string No = "秒传失败，请访问普通上传接口";

    readonly byte[] bytes = RandomNumberGenerator.GetBytes(300_000);

    [Fact]
    public async Task Who_proves_to_hold_the_bytes_gets_the_file()
    {
        await (await server.NewUser()).Upload("theirs", bytes);
        var user = await server.NewUser();
        var asked = await Ask(user, bytes, bytes.Length);
        Assert.Equal(1, asked.GetProperty("code").GetInt32());
        var challenge = asked.GetProperty("data");
        Assert.Equal(16, challenge.GetProperty("Ranges").GetArrayLength());

        var answer = await Prove(user, bytes, challenge, ProofOf(challenge, bytes));
        Assert.Equal((0, Done), Said(answer));
        var read = await user.Get("/file/download", ("filehash", bytes.Sha1()));
        Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_wrong_proof_a_used_nonce_and_an_unknown_hash_are_all_the_same_no()
    {
        await (await server.NewUser()).Upload("theirs", bytes);
        var user = await server.NewUser();
        var challenge = (await Ask(user, bytes, bytes.Length)).GetProperty("data");
        var right = ProofOf(challenge, bytes);
        var answers = new List<JsonElement> { await Prove(user, bytes, challenge, new string('0', 64)) };
        answers.Add(await Prove(user, bytes, challenge, right));

        var unknown = RandomNumberGenerator.GetBytes(1000);
        challenge = (await Ask(user, unknown, unknown.Length)).GetProperty("data");
        answers.Add(await Prove(user, unknown, challenge, ProofOf(challenge, unknown)));

        challenge = (await Ask(user, bytes, bytes.Length - 1)).GetProperty("data");
        answers.Add(await Prove(user, bytes, challenge, ProofOf(challenge, bytes), bytes.Length - 1));

        var other = await server.NewUser();
        challenge = (await Ask(other, bytes, bytes.Length)).GetProperty("data");
        answers.Add(await Prove(user, bytes, challenge, ProofOf(challenge, bytes)));
        Assert.All(answers, answer => Assert.Equal((-1, No), Said(answer)));
        Assert.Equal(404, await (await user.Get("/file/meta", ("filehash", bytes.Sha1()))).Refusal());
    }

    [Fact]
    public async Task Who_held_the_content_needs_no_proof()
    {
        var user = await server.NewUser();
        await user.Upload("held", bytes);
        Assert.Equal((0, Done), Said(await Ask(user, bytes, bytes.Length)));
        await user.Post("/file/delete", ("filehash", bytes.Sha1()));
        Assert.Equal((0, Done), Said(await Ask(user, bytes, bytes.Length)));
        Assert.Equal((-1, No), Said(await Ask(user, bytes, bytes.Length + 1)));
    }

    [Fact]
    public async Task Unproved_attempts_are_limited()
    {
        var user = await server.NewUser();
        var statuses = new List<HttpStatusCode>();
        for (var attempt = 0; attempt < 61; attempt++)
            statuses.Add((await Post(user, bytes, bytes.Length)).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.All(statuses[..60], status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task Missing_and_wrong_parameters_are_400()
    {
        var user = await server.NewUser();
        Assert.Equal(400, await (await user.Post("/file/fastupload", ("filehash", bytes.Sha1()))).Refusal());
        var answer = await user.Post(
            "/file/fastupload",
            ("filehash", bytes.Sha1()),
            ("filesize", "many"),
            ("filename", "x")
        );
        Assert.Equal(400, await answer.Refusal());
    }

    static string ProofOf(JsonElement challenge, byte[] content)
    {
        var message = challenge
            .GetProperty("Ranges")
            .EnumerateArray()
            .SelectMany(range =>
                content
                    .Skip((int)range.GetProperty("Offset").GetInt64())
                    .Take((int)range.GetProperty("Length").GetInt64())
            )
            .ToArray();
        var key = Encoding.UTF8.GetBytes(challenge.GetProperty("Nonce").GetString()!);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, message));
    }

    static (int, string?) Said(JsonElement answer) =>
        (answer.GetProperty("code").GetInt32(), answer.GetProperty("msg").GetString());

    static async Task<JsonElement> Ask(RestUser user, byte[] content, long size) =>
        await (await Post(user, content, size)).Json();

    static async Task<JsonElement> Prove(
        RestUser user,
        byte[] content,
        JsonElement challenge,
        string proof,
        long? size = null
    ) =>
        await (
            await Post(
                user,
                content,
                size ?? content.Length,
                ("nonce", challenge.GetProperty("Nonce").GetString()!),
                ("proof", proof)
            )
        ).Json();

    static Task<HttpResponseMessage> Post(RestUser user, byte[] content, long size, params (string, string)[] more) =>
        user.Post(
            "/file/fastupload",
            [("filehash", content.Sha1()), ("filesize", $"{size}"), ("filename", "fast"), .. more]
        );
}

public sealed class OpenFastUploadTests(OpenFastUploadTests.OpenServer server)
    : IClassFixture<OpenFastUploadTests.OpenServer>
{
    [Fact]
    public async Task Without_proofs_a_hash_is_enough()
    {
        var bytes = "known to all"u8.ToArray();
        await (await server.NewUser()).Upload("theirs", bytes);
        var user = await server.NewUser();
        var answer = await user.Post(
            "/file/fastupload",
            ("filehash", bytes.Sha1()),
            ("filesize", $"{bytes.Length}"),
            ("filename", "mine")
        );
        Assert.Equal(0, (await answer.Json()).GetProperty("code").GetInt32());
        Assert.Equal(HttpStatusCode.OK, (await user.Get("/file/meta", ("filehash", bytes.Sha1()))).StatusCode);
    }

    public sealed class OpenServer : RestServer
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings =>
            [new("Varve:InstantUpload:Proof", "none")];
    }
}
