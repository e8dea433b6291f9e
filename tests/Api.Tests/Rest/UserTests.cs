using System.Net;
using Varve.Domain;
using Varve.Domain.Access;

namespace Varve.Api.Tests.Rest;

public sealed class UserTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task A_new_user_signs_up_and_in()
    {
        var signup = await server.Post(
            "/user/signup",
            ("username", "alice.1"),
            ("password", "correct horse"),
            ("email", "alice@example.com"),
            ("phone", "13800000001")
        );
        Assert.Equal(
            """{"code":0,"msg":"OK","data":null}""",
            await signup.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
        Assert.NotEmpty(signup.Headers.GetValues("x-varve-position").Single());

        var data = await (
            await server.Post("/user/signin", ("UserName", "alice.1"), ("passWord", "correct horse"))
        ).Data();
        Assert.Equal("alice.1", data.GetProperty("Username").GetString());
        Assert.Matches("^[0-9a-f]{40}$", data.GetProperty("Token").GetString());
        Assert.StartsWith("http://127.0.0.1:", data.GetProperty("Location").GetString());

        var alice = new RestUser(server, "alice.1", data.GetProperty("Token").GetString()!);
        var info = await (await alice.Get("/user/info")).Data();
        Assert.Equal("alice@example.com", info.GetProperty("Email").GetString());
        Assert.Equal("alice.1", info.GetProperty("HomeBucket").GetString());
    }

    [Fact]
    public async Task A_name_is_given_once()
    {
        var user = await server.NewUser();
        Assert.Equal(
            409,
            await (await server.Post("/user/signup", ("username", user.Name), ("password", "another"))).Refusal()
        );
        Assert.Equal(
            409,
            await (await server.Post("/user/signup", ("username", "root"), ("password", "another"))).Refusal()
        );
    }

    [Fact]
    public async Task Nobody_takes_a_name_that_has_the_account_id_of_another()
    {
        const string First = "user-1496931";
        const string Second = "user-1986896";
        Assert.Equal(UserIds.AccountId(First), UserIds.AccountId(Second));
        Assert.True((await SignUp(First)).IsSuccessStatusCode);
        Assert.Equal(409, await (await SignUp(Second)).Refusal());

        Task<HttpResponseMessage> SignUp(string name) =>
            server.Post("/user/signup", ("username", name), ("password", "correct horse"));
    }

    [Fact]
    public async Task Users_are_found_by_their_ids_as_soon_as_they_are_there()
    {
        var (users, cancel) = (server.Accounts.Users, TestContext.Current.CancellationToken);
        Assert.Null(await users.ById(UserIds.CanonicalId("nobody-yet"), cancel));
        for (var n = 0; n < 2; n++)
        {
            var user = await server.NewUser();
            Assert.Equal(user.Name, await users.ById(UserIds.CanonicalId(user.Name), cancel));
            Assert.False(await users.HasAccountOfAnother(user.Name, cancel));
        }
        Assert.Equal("root", await users.ById(UserIds.CanonicalId("root"), cancel));
    }

    [Fact]
    public async Task Of_ten_racing_sign_ups_exactly_one_wins_and_its_password_counts()
    {
        var attempts = Enumerable.Range(0, 10).Select(n => $"password-{n}").ToList();
        var answers = await Task.WhenAll(
            attempts.Select(password => server.Post("/user/signup", ("username", "racer"), ("password", password)))
        );
        var winner = attempts[Array.FindIndex(answers, answer => answer.IsSuccessStatusCode)];
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.Equal(9, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.NotEmpty((await server.SignIn("racer", winner)).Token);
    }

    [Theory]
    [InlineData("Alice", "correct horse", null, null)]
    [InlineData("ab", "correct horse", null, null)]
    [InlineData("192.168.1.1", "correct horse", null, null)]
    [InlineData("carol", "short", null, null)]
    [InlineData("carol", "correct horse", "nowhere", null)]
    [InlineData("carol", "correct horse", null, "12345")]
    [InlineData("carol", "", null, null)]
    public async Task A_wrong_sign_up_is_refused(string name, string password, string? email, string? phone)
    {
        var answer = await server.Post(
            "/user/signup",
            ("username", name),
            ("password", password),
            ("email", email ?? ""),
            ("phone", phone ?? "")
        );
        Assert.Equal(400, await answer.Refusal());
    }

    [Fact]
    public async Task A_phone_is_one_users()
    {
        (
            await server.Post(
                "/user/signup",
                ("username", "phone-1"),
                ("password", "correct horse"),
                ("phone", "13900000000")
            )
        ).EnsureSuccessStatusCode();
        var second = await server.Post(
            "/user/signup",
            ("username", "phone-2"),
            ("password", "correct horse"),
            ("phone", "13900000000")
        );
        Assert.Equal(409, await second.Refusal());
    }

    [Fact]
    public async Task Wrong_credentials_are_401_and_too_many_of_them_429()
    {
        var user = await server.NewUser();
        for (var attempt = 0; attempt < 10; attempt++)
            Assert.Equal(
                401,
                await (await server.Post("/user/signin", ("username", user.Name), ("password", "wrong one"))).Refusal()
            );
        Assert.Equal(
            429,
            await (await server.Post("/user/signin", ("username", user.Name), ("password", "correct horse"))).Refusal()
        );
        Assert.Equal(
            401,
            await (await server.Post("/user/signin", ("username", "nobody-here"), ("password", "wrong one"))).Refusal()
        );
    }

    [Fact]
    public async Task A_token_is_asked_for_and_must_be_the_users()
    {
        var user = await server.NewUser();
        var other = await server.NewUser();
        Assert.Equal(401, await (await server.Get("/user/info")).Refusal());
        Assert.Equal(401, await (await server.Get($"/user/info?token={user.Token}")).Refusal());
        Assert.Equal(401, await (await server.Get($"/user/info?username={other.Name}&token={user.Token}")).Refusal());
        Assert.Equal(
            401,
            await (await server.Get($"/user/info?username={user.Name}&token={new string('a', 40)}")).Refusal()
        );
        var right = await server.Get($"/user/info?USERNAME={user.Name}&Token={user.Token}");
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Fact]
    public async Task A_user_can_be_signed_in_twice()
    {
        var first = await server.NewUser();
        var second = await server.SignIn(first.Name, "correct horse");
        Assert.NotEqual(first.Token, second.Token);
        Assert.True((await first.Get("/user/info")).IsSuccessStatusCode);
        Assert.True((await second.Get("/user/info")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_one_session()
    {
        var first = await server.NewUser();
        var second = await server.SignIn(first.Name, "correct horse");
        Assert.True((await first.Get("/user/info")).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.OK, (await first.Post("/user/signout")).StatusCode);
        Assert.Equal(401, await (await first.Get("/user/info")).Refusal());
        Assert.Equal(401, await (await first.Post("/user/signout")).Refusal());
        Assert.True((await second.Get("/user/info")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Sign_ups_from_one_address_are_limited_but_not_those_through_a_proxy_here()
    {
        var cancel = TestContext.Current.CancellationToken;
        for (var number = 0; number < 30; number++)
            await Assert.ThrowsAsync<RejectedException>(() => SignUp("Wrong Name", IPAddress.Parse("203.0.113.1")));
        Assert.Equal(ErrorCode.TooManyRequests, await Refused("in-time", "203.0.113.1"));
        Assert.Equal(ErrorCode.InvalidArgument, await Refused("Wrong Name", "203.0.113.2"));
        for (var number = 0; number < 31; number++)
            Assert.Equal(ErrorCode.InvalidArgument, await Refused("Wrong Name", "::ffff:127.0.0.1"));

        async Task<ErrorCode> Refused(string name, string address) =>
            (await Assert.ThrowsAsync<RejectedException>(() => SignUp(name, IPAddress.Parse(address)))).Rejection.Code;

        Task SignUp(string name, IPAddress address) =>
            server.Accounts.SignUp(
                server.Varve.Context(name),
                new(name, "correct horse", Email: null, Phone: null),
                address,
                cancel
            );
    }

    [Fact]
    public async Task Root_signs_in_with_a_home_of_its_own()
    {
        var root = await server.SignIn("root", "root-password");
        var info = await (await root.Get("/user/info")).Data();
        Assert.Equal("root", info.GetProperty("HomeBucket").GetString());
        Assert.True(info.GetProperty("Root").GetBoolean());
        await root.Upload("of-root.txt", "root"u8.ToArray());
    }

    [Fact]
    public async Task An_access_key_works_until_it_is_revoked()
    {
        var user = await server.NewUser();
        var cancel = TestContext.Current.CancellationToken;
        var made = await (await user.Post("/user/keys")).Data();
        var key = made.GetProperty("AccessKey").GetString()!;
        Assert.Matches("^VK[A-Z0-9]{18}$", key);
        var secret = await server.Accounts.FindSecret(key, cancel);
        Assert.Equal(made.GetProperty("SecretKey").GetString(), secret!.Secret);
        Assert.Equal(user.Name, secret.UserName);
        Assert.DoesNotContain(secret.Secret, secret.ToString());

        var listed = await (await user.Get("/user/keys")).Data();
        Assert.Equal(key, Assert.Single(listed.EnumerateArray()).GetProperty("AccessKey").GetString());

        var other = await server.NewUser();
        Assert.Equal(404, await (await other.Post("/user/keys/revoke", ("accesskey", key))).Refusal());
        Assert.True((await user.Post("/user/keys/revoke", ("accesskey", key))).IsSuccessStatusCode);
        Assert.Null(await server.Accounts.FindSecret(key, cancel));
        Assert.Equal(404, await (await user.Post("/user/keys/revoke", ("accesskey", key))).Refusal());
        Assert.Empty((await (await user.Get("/user/keys")).Data()).EnumerateArray());
    }

    [Fact]
    public async Task The_root_account_is_an_access_key_too()
    {
        var secret = await server.Accounts.FindSecret("root", TestContext.Current.CancellationToken);
        Assert.Equal(("root-password", true), (secret!.Secret, secret.Root));
    }
}
