using System.Security.Cryptography;
using Varve.Api.Hosting;
using Varve.Api.Identity;

namespace Varve.Api.Tests.Identity;

public sealed class IdentityTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("varve-identity-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_password_hash_says_how_it_was_made_and_fits_one_password()
    {
        using var passwords = new Passwords(1000);
        var encoded = await passwords.Hash("correct horse", Cancel);
        Assert.StartsWith("pbkdf2-sha512$1000$", encoded);
        Assert.NotEqual(encoded, await passwords.Hash("correct horse", Cancel));
        Assert.InRange(encoded.Length, 1, 256);

        using var raised = new Passwords(2000);
        Assert.True(await raised.Verify("correct horse", encoded, Cancel));
        Assert.False(await raised.Verify("correct house", encoded, Cancel));
        Assert.False(await raised.Verify("correct horse", encoded: null, Cancel));
    }

    [Fact]
    public void A_secret_opens_for_its_owner_alone()
    {
        var path = Path.Combine(folder, "secret.key");
        var closed = SecretBox.Load(path).Close("secret", "VK1");
        var again = SecretBox.Load(path);
        Assert.Equal("secret", again.Open(closed, "VK1"));
        Assert.Throws<AuthenticationTagMismatchException>(() => again.Open(closed, "VK2"));
        closed[^1] ^= 1;
        Assert.Throws<AuthenticationTagMismatchException>(() => again.Open(closed, "VK1"));
        AssertPrivate(path);
    }

    [Fact]
    public void A_wrong_key_file_is_named()
    {
        var path = Path.Combine(folder, "secret.key");
        File.WriteAllText(path, "short");
        Assert.Contains(path, Assert.Throws<SettingsException>(() => SecretBox.Load(path)).Message);
    }

    [Fact]
    public async Task Attempts_are_counted_by_window_and_key()
    {
        var clock = new ManualClock();
        var limit = new AttemptLimit("test", 2, TimeSpan.FromMinutes(1), 10, clock, shared: null);
        Assert.True(await limit.TryTake("a"));
        Assert.True(await limit.TryTake("a"));
        Assert.False(await limit.TryTake("a"));
        Assert.True(await limit.TryTake("b"));
        await limit.GiveBack("a");
        Assert.True(await limit.TryTake("a"));
        Assert.False(await limit.TryTake("a"));
        clock.Pass(TimeSpan.FromMinutes(1));
        Assert.True(await limit.TryTake("a"));
    }

    [Fact]
    public void The_root_account_is_made_up_once()
    {
        var first = RootAccount.Load(folder, user: null, password: "");
        var second = RootAccount.Load(folder, user: null, password: null);
        Assert.True(first.Generated);
        Assert.False(second.Generated);
        Assert.Equal(("root", first.Password), (second.User, second.Password));
        var file = Assert.Single(Directory.GetFiles(folder));
        AssertPrivate(file);
        Assert.DoesNotContain(first.Password, first.ToString());
    }

    [Theory]
    [InlineData("ab", "long enough", "VARVE_ROOT_USER")]
    [InlineData("with space", "long enough", "VARVE_ROOT_USER")]
    [InlineData("admin", "short", "VARVE_ROOT_PASSWORD")]
    public void A_wrong_root_account_names_the_setting(string user, string password, string setting)
    {
        var wrong = Assert.Throws<SettingsException>(() => RootAccount.Load(folder, user, password));
        Assert.Contains(setting, wrong.Message);
    }

    [Fact]
    public async Task A_session_slides_while_it_is_used_and_ends_when_it_is_not()
    {
        var clock = new ManualClock();
        await using var database = await SqliteIdentityDatabase.Open(Path.Combine(folder, "identity.db"));
        var token = await new Sessions(database, TimeSpan.FromDays(30), clock).Begin("alice");
        for (var month = 0; month < 3; month++)
        {
            clock.Pass(TimeSpan.FromDays(29));
            Assert.Equal("alice", await new Sessions(database, TimeSpan.FromDays(30), clock).Find(token));
        }
        clock.Pass(TimeSpan.FromDays(31));
        Assert.Null(await new Sessions(database, TimeSpan.FromDays(30), clock).Find(token));
    }

    [Fact]
    public async Task A_session_that_was_ended_is_over_at_once_and_for_good()
    {
        await using var database = await SqliteIdentityDatabase.Open(Path.Combine(folder, "identity.db"));
        var sessions = new Sessions(database, TimeSpan.FromDays(30), TimeProvider.System);
        var (token, other) = (await sessions.Begin("alice"), await sessions.Begin("alice"));
        Assert.Equal("alice", await sessions.Find(token));
        await sessions.End(token);
        Assert.Null(await sessions.Find(token));
        Assert.Null(await new Sessions(database, TimeSpan.FromDays(30), TimeProvider.System).Find(token));
        Assert.Equal("alice", await sessions.Find(other));
    }

    [Fact]
    public async Task Of_many_sign_ins_of_one_user_the_newest_hundred_count()
    {
        var clock = new ManualClock();
        await using var database = await SqliteIdentityDatabase.Open(Path.Combine(folder, "identity.db"));
        var sessions = new Sessions(database, TimeSpan.FromDays(30), clock);
        var tokens = new List<string>();
        for (var number = 0; number < 101; number++)
        {
            clock.Pass(TimeSpan.FromSeconds(1));
            tokens.Add(await sessions.Begin("alice"));
        }
        Assert.Null(await sessions.Find(tokens[0]));
        Assert.Equal("alice", await sessions.Find(tokens[1]));
        Assert.Equal("alice", await sessions.Find(tokens[^1]));
    }

    [Fact]
    public async Task No_token_is_in_the_database()
    {
        var path = Path.Combine(folder, "identity.db");
        await using var database = await SqliteIdentityDatabase.Open(path);
        var token = await new Sessions(database, TimeSpan.FromDays(30), TimeProvider.System).Begin("alice");
        foreach (var file in Directory.GetFiles(folder))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.False(bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(token)) >= 0);
            Assert.False(bytes.AsSpan().IndexOf(Convert.FromHexString(token)) >= 0);
        }
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        var path = Path.Combine(folder, "identity.db");
        await using (var database = await SqliteIdentityDatabase.Open(path))
            await database.Execute("PRAGMA user_version = 99");
        await Assert.ThrowsAsync<InvalidOperationException>(() => SqliteIdentityDatabase.Open(path));
    }

    static void AssertPrivate(string path)
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    sealed class ManualClock : TimeProvider
    {
        DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => now;

        public override long GetTimestamp() => now.Ticks;

        public void Pass(TimeSpan time) => now += time;
    }
}
