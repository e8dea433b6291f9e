using System.Net;
using System.Security.Cryptography;

namespace Varve.Api.Tests.Rest;

public sealed class IdempotencyTests(RestServer server) : IClassFixture<RestServer>
{
    readonly byte[] first = RandomNumberGenerator.GetBytes(100);
    readonly byte[] second = RandomNumberGenerator.GetBytes(200);

    [Fact]
    public async Task A_delete_is_repeated_for_the_same_file_alone()
    {
        var user = await UserWithFiles();
        (string, string)[] asked = [("filehash", first.Sha1()), ("filename", "first")];
        await Done(user, "/file/delete", "delete", asked);
        await Done(user, "/file/delete", "delete", asked);
        await Reused(user, "/file/delete", "delete", ("filehash", second.Sha1()));
        await Reused(user, "/file/delete", "delete", ("filehash", second.Sha1()), ("filename", "second"));
        await Reused(user, "/file/delete", "delete", ("filehash", first.Sha1()), ("filename", "second"));
        await Reused(user, "/file/fastupload", "delete", Named(first, "first"));
        Assert.Equal(HttpStatusCode.OK, (await user.Get("/file/meta", ("filehash", second.Sha1()))).StatusCode);
    }

    [Fact]
    public async Task A_rename_is_repeated_for_the_same_names_alone()
    {
        var user = await UserWithFiles();
        (string, string)[] asked = [("op", "0"), ("filehash", first.Sha1()), ("filename", "renamed")];
        await Done(user, "/file/update", "rename", asked);
        await Done(user, "/file/update", "rename", asked);
        await Reused(user, "/file/update", "rename", ("op", "0"), ("filehash", first.Sha1()), ("filename", "other"));
        await Reused(user, "/file/update", "rename", ("op", "0"), ("filehash", second.Sha1()), ("filename", "renamed"));
        await Reused(user, "/file/update", "rename", [.. asked, ("oldname", "second")]);
        await Reused(user, "/file/delete", "rename", ("filehash", first.Sha1()));
    }

    [Fact]
    public async Task An_instant_upload_is_repeated_for_the_same_file_alone()
    {
        var user = await UserWithFiles();
        await Done(user, "/file/fastupload", "fast", Named(first, "fast"));
        await Done(user, "/file/fastupload", "fast", Named(first, "fast"));
        await Reused(user, "/file/fastupload", "fast", Named(first, "another"));
        await Reused(user, "/file/fastupload", "fast", Named(second, "fast"));
        await Reused(user, "/file/delete", "fast", ("filehash", first.Sha1()));
    }

    [Fact]
    public async Task An_upload_is_begun_again_for_the_same_file_alone()
    {
        var user = await server.NewUser();
        await Done(user, "/file/mpupload/init", "init", Named(first, "x"));
        await Reused(user, "/file/mpupload/init", "init", Named(second, "x"));
    }

    [Fact]
    public async Task A_revocation_is_repeated_for_the_same_key_alone()
    {
        var user = await server.NewUser();
        var (one, other) = (await NewKey(user), await NewKey(user));
        await Done(user, "/user/keys/revoke", "revoke", ("accesskey", one));
        await Done(user, "/user/keys/revoke", "revoke", ("accesskey", one));
        await Reused(user, "/user/keys/revoke", "revoke", ("accesskey", other));
        Assert.NotNull(await server.Accounts.FindSecret(other, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_form_is_repeated_for_the_same_bytes_alone()
    {
        var user = await server.NewUser();
        Assert.Equal(HttpStatusCode.OK, (await Upload(user, "form", first)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Upload(user, "form", first)).StatusCode);
        Assert.Equal(409, await (await Upload(user, "form", second)).Refusal());
    }

    [Fact]
    public async Task An_empty_key_is_none()
    {
        var user = await UserWithFiles();
        await Done(user, "/file/delete", "", ("filehash", first.Sha1()));
        await Done(user, "/file/delete", "", ("filehash", second.Sha1()));
    }

    async Task<RestUser> UserWithFiles()
    {
        var user = await server.NewUser();
        await user.Upload("first", first);
        await user.Upload("second", second);
        return user;
    }

    static Task<HttpResponseMessage> Upload(RestUser user, string key, byte[] bytes)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/file/upload")
        {
            Content = RestUser.FormOf(("form", bytes)),
        };
        request.Headers.Accept.Add(new("application/json"));
        request.Headers.Add("Idempotency-Key", key);
        return user.Send(request);
    }

    static (string, string)[] Named(byte[] bytes, string name) =>
        [("filehash", bytes.Sha1()), ("filesize", $"{bytes.Length}"), ("filename", name)];

    static async Task<string> NewKey(RestUser user) =>
        (await (await user.Post("/user/keys")).Data()).GetProperty("AccessKey").GetString()!;

    static async Task Done(RestUser user, string path, string key, params (string Name, string Value)[] fields) =>
        Assert.Equal(HttpStatusCode.OK, (await Send(user, path, key, fields)).StatusCode);

    static async Task Reused(RestUser user, string path, string key, params (string Name, string Value)[] fields) =>
        Assert.Equal(409, await (await Send(user, path, key, fields)).Refusal());

    static Task<HttpResponseMessage> Send(RestUser user, string path, string key, (string Name, string Value)[] fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))),
        };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return user.Send(request);
    }
}
