using System.Text;
using Varve.Domain.Users;
using Varve.EventStores;

namespace Varve.Api.Tests.Rest;

public sealed class ErasureTests(RestServer server) : IClassFixture<RestServer>
{
    const string Password = "correct horse";

    [Fact]
    public async Task What_was_personal_is_in_no_file_afterwards_and_the_log_is_whole()
    {
        var cancel = TestContext.Current.CancellationToken;
        const string Email = "zaphod.beeblebrox@example.com";
        const string Phone = "13712345678";
        await SignUp("zaphod", ("email", Email), ("phone", Phone));
        var user = await server.SignIn("zaphod", Password);
        await user.Post("/user/keys");
        var before = await Log("user-zaphod");
        var sealedKey = SealedKey("zaphod");
        Assert.True(IsOnDisk(sealedKey));
        Assert.True(IsOnDisk(Encoding.UTF8.GetBytes(Phone)));
        Assert.False(IsOnDisk(Encoding.UTF8.GetBytes(Email)));
        var info = await (await user.Get("/user/info")).Data();
        Assert.Equal((Email, Phone), (info.GetProperty("Email").GetString(), info.GetProperty("Phone").GetString()));

        (await user.Post("/user/erase", ("password", Password))).EnsureSuccessStatusCode();

        Assert.False(IsOnDisk(sealedKey));
        Assert.False(IsOnDisk(Encoding.UTF8.GetBytes(Phone)));
        var after = await Log("user-zaphod");
        Assert.Equal(before.Select(e => e.Data.ToArray()), after.SkipLast(1).Select(e => e.Data.ToArray()));
        Assert.IsType<UserEvent.Erased>(after[^1].Decoded());
        Assert.Null((await server.Accounts.Find("zaphod", cancel))!.Email);
    }

    [Fact]
    public async Task An_erased_user_has_no_token_no_key_no_password_and_the_name_is_never_given_again()
    {
        var cancel = TestContext.Current.CancellationToken;
        var user = await server.NewUser();
        var key = (await (await user.Post("/user/keys")).Data()).GetProperty("AccessKey").GetString()!;
        Assert.NotNull(await server.Accounts.FindSecret(key, cancel));
        (await user.Post("/user/erase", ("password", Password))).EnsureSuccessStatusCode();
        Assert.Equal(401, await (await user.Get("/user/info")).Refusal());
        Assert.Null(await server.Accounts.FindSecret(key, cancel));
        var signIn = await server.Post("/user/signin", ("username", user.Name), ("password", Password));
        Assert.Equal(401, await signIn.Refusal());
        var again = await server.Post("/user/signup", ("username", user.Name), ("password", Password));
        Assert.Equal(409, await again.Refusal());
    }

    [Fact]
    public async Task A_restored_backup_gives_no_erased_name_away_and_can_be_erased_again()
    {
        var user = await server.NewUser();
        (await user.Post("/user/erase", ("password", Password))).EnsureSuccessStatusCode();

        OnIdentity("UPDATE tbl_user SET status = 1 WHERE user_name = $user", user.Name);
        var root = await server.SignIn("root", "root-password");
        (await root.Post("/user/erase", ("password", "root-password"), ("name", user.Name))).EnsureSuccessStatusCode();

        OnIdentity("DELETE FROM tbl_user WHERE user_name = $user", user.Name);
        var again = await server.Post("/user/signup", ("username", user.Name), ("password", Password));
        Assert.Equal(409, await again.Refusal());
    }

    [Fact]
    public async Task A_crash_between_the_keys_and_the_log_is_made_good_at_the_next_start()
    {
        var user = await server.NewUser();
        OnIdentity("UPDATE tbl_user SET status = 2 WHERE user_name = $user", user.Name);
        await server.Accounts.EnsureRoot(TestContext.Current.CancellationToken);
        Assert.IsType<UserEvent.Erased>((await Log(User.StreamOf(user.Name)))[^1].Decoded());
        Assert.Equal(401, await (await user.Get("/user/info")).Refusal());
    }

    [Fact]
    public async Task A_phone_is_free_again()
    {
        await SignUp("phone-owner", ("phone", "13611111111"));
        var user = await server.SignIn("phone-owner", Password);
        (await user.Post("/user/erase", ("password", Password))).EnsureSuccessStatusCode();
        await SignUp("phone-heir", ("phone", "13611111111"));
    }

    [Fact]
    public async Task Files_are_deleted_before_or_kept_on_purpose()
    {
        var user = await server.NewUser();
        await user.Upload("a.txt", "a"u8.ToArray());
        Assert.Equal(409, await (await user.Post("/user/erase", ("password", Password))).Refusal());
        Assert.Equal(400, await (await user.Post("/user/erase", ("password", Password), ("files", "burn"))).Refusal());
        Assert.True((await user.Get("/user/info")).IsSuccessStatusCode);
        (await user.Post("/user/erase", ("password", Password), ("files", "keep"))).EnsureSuccessStatusCode();
        Assert.False(await server.Varve.Reads.IsEmpty(user.Name, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Users_erase_themselves_by_password_and_root_anybody_but_itself()
    {
        var (user, other) = (await server.NewUser(), await server.NewUser());
        var root = await server.SignIn("root", "root-password");
        Assert.Equal(401, await (await user.Post("/user/erase", ("password", "wrong one"))).Refusal());
        Assert.Equal(
            403,
            await (await user.Post("/user/erase", ("password", Password), ("name", other.Name))).Refusal()
        );
        Assert.Equal(400, await (await root.Post("/user/erase", ("password", "root-password"))).Refusal());
        (await root.Post("/user/erase", ("password", "root-password"), ("name", other.Name))).EnsureSuccessStatusCode();
        Assert.Equal(401, await (await other.Get("/user/info")).Refusal());
        Assert.Equal(
            404,
            await (await root.Post("/user/erase", ("password", "root-password"), ("name", other.Name))).Refusal()
        );
        Assert.True((await user.Get("/user/info")).IsSuccessStatusCode);
    }

    async Task SignUp(string name, params (string, string)[] more) =>
        (
            await server.Post("/user/signup", [("username", name), ("password", Password), .. more])
        ).EnsureSuccessStatusCode();

    async Task<List<RecordedEvent>> Log(string stream) =>
        await server
            .Varve.Events.ReadStream(
                stream,
                Direction.Forwards,
                0,
                long.MaxValue,
                TestContext.Current.CancellationToken
            )
            .ToListAsync(TestContext.Current.CancellationToken);

    byte[] SealedKey(string userName) =>
        (byte[])OnIdentity("SELECT sealed_key FROM tbl_personal_key WHERE user_name = $user", userName)!;

    object? OnIdentity(string sql, string userName)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection(
            $"Data Source={Path.Combine(server.Folder, "identity", "identity.db")};Pooling=False"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$user", userName);
        return command.ExecuteScalar();
    }

    bool IsOnDisk(byte[] sought) =>
        Directory
            .GetFiles(server.Folder, "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith("lock", StringComparison.Ordinal))
            .Any(path =>
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes.AsSpan().IndexOf(sought) >= 0;
            });
}
