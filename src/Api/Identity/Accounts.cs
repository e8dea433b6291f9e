using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Varve.Api.Hosting;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Users;
using Varve.Projections.Databases;
using Varve.Projections.Redis;

namespace Varve.Api.Identity;

/// <summary>
/// Users, their sign-ins and their S3 keys. Secrets are in <c>identity.db</c>; that a user exists, and which keys there
/// are, is in the log. Thread-safe.
/// </summary>
public sealed class Accounts : IAsyncDisposable
{
    const int RememberedAttempts = 10_000;

    readonly Backend varve;
    readonly RootAccount root;
    readonly IdentityDatabase database;
    readonly Passwords passwords;
    readonly Sessions sessions;
    readonly AccessKeys keys;
    readonly PersonalData personal;
    readonly Erasure erasure;
    readonly SecretOf rootSecret;
    readonly AttemptLimit byUser;
    readonly AttemptLimit byAddress;
    readonly AttemptLimit signUps;
    readonly ConcurrentDictionary<string, string> signingUp = new(StringComparer.Ordinal);
    BucketName? rootHome;

    Accounts(
        Backend varve,
        RootAccount root,
        IdentityDatabase database,
        SecretBox box,
        IdentityOptions options,
        TimeProvider clock,
        RedisCounters? counters
    )
    {
        (this.varve, this.root, this.database) = (varve, root, database);
        rootSecret = new SecretOf(root.User, Root: true, root.Password);
        passwords = new Passwords(options.PasswordIterations);
        sessions = new Sessions(database, options.SessionLifetime, clock);
        keys = new AccessKeys(database, box, varve);
        personal = new PersonalData(database, box);
        erasure = new Erasure(database, sessions, keys, varve);
        Users = new UserLookup(database, this, root.User);
        byUser = Limit("user", options.FailedSignInsPerUser);
        byAddress = Limit("address", options.FailedSignInsPerAddress);
        signUps = Limit("signup", options.SignUpsPerAddress);

        AttemptLimit Limit(string name, int max) =>
            new(name, max, options.AttemptWindow, RememberedAttempts, clock, counters);
    }

    /// <param name="dataFolder">Holds <c>identity.db</c>, and <c>secret.key</c> where the settings have none; is made
    /// if missing.</param>
    /// <param name="shared">Where several processes share the accounts; null for <c>identity.db</c>.</param>
    /// <param name="redis">Where several processes count attempts together; null for each by itself.</param>
    /// <exception cref="SettingsException">The key is not the one that the accounts were made with.</exception>
    public static async Task<Accounts> Open(
        Backend varve,
        RootAccount root,
        string dataFolder,
        MySqlServer? shared,
        IdentityOptions options,
        TimeProvider clock,
        RedisServer? redis = null
    )
    {
        IdentityDatabase database = shared is null
            ? await SqliteIdentityDatabase.Open(Path.Combine(dataFolder, "identity.db"))
            : new MySqlIdentityDatabase(shared);
        try
        {
            var box = options.Key is { } key
                ? SecretBox.Of(key)
                : SecretBox.Load(Path.Combine(dataFolder, "secret.key"));
            if (shared is not null)
                await SharedKey.Check(database, box);
            var counters = redis is null ? null : new RedisCounters(redis);
            return new Accounts(varve, root, database, box, options, clock, counters);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        passwords.Dispose();
        Users.Dispose();
        return database.DisposeAsync();
    }

    /// <summary>Finds users by other names than their own.</summary>
    public UserLookup Users { get; }

    /// <summary>At start, before requests are taken: the root user and its home bucket are there afterwards.</summary>
    public async Task EnsureRoot(CancellationToken cancel)
    {
        var stored = await varve.Read(User.Decider, User.StreamOf(root.User), cancel);
        if (stored.HomeBucket is null)
            stored = await SignUpRoot(cancel) ?? await varve.Read(User.Decider, User.StreamOf(root.User), cancel);
        rootHome = BucketName.Parse(stored.HomeBucket!);
        await erasure.Finish(root.User);
    }

    /// <summary>
    /// Makes a user and the home bucket: a pending row, the command, then the row is enabled. A crash in between leaves
    /// a row that the next sign-up of this name takes over, since nobody was told that it was theirs.
    /// </summary>
    /// <param name="context">Its user must be <paramref name="request"/>'s.</param>
    /// <param name="address">Where the request came from, for the limit on attempts; null if it is not known.</param>
    /// <exception cref="RejectedException">UserAlreadyExists, InvalidArgument, BucketAlreadyExists, TooManyRequests.
    /// </exception>
    public async Task<Outcome?> SignUp(
        CommandContext context,
        SignUp request,
        IPAddress? address,
        CancellationToken cancel
    )
    {
        if (Counted(address) is { } counted && !await signUps.TryTake(counted))
            throw new RejectedException(ErrorCode.TooManyRequests);
        var home = SignUpRules.Check(request);
        var taken = new RejectedException(ErrorCode.UserAlreadyExists, request.UserName);
        if (request.UserName == root.User || home == rootHome || await IsEnabled(request.UserName))
            throw taken;
        if (await Users.HasAccountOfAnother(request.UserName, cancel))
            throw taken;
        if (!signingUp.TryAdd(request.UserName, request.UserName))
            throw taken;
        try
        {
            var password = await passwords.Hash(request.Password, cancel);
            if (await IsEnabled(request.UserName))
                throw taken;
            await Reserve(request, password, context.At);
            return await Enable(context, home, password, new Contact(request.Email, request.Phone));
        }
        finally
        {
            signingUp.TryRemove(request.UserName, out _);
        }
    }

    /// <param name="address">Where the request came from, for the limit on attempts; null if it is not known.</param>
    /// <returns>A token of 40 hex digits.</returns>
    /// <exception cref="RejectedException">WrongCredentials, TooManyRequests.</exception>
    public async Task<(string Token, SignedIn User)> SignIn(
        string userName,
        string password,
        IPAddress? address,
        CancellationToken cancel
    )
    {
        await Prove(userName, password, address, cancel);
        return (await sessions.Begin(userName), UserOf(userName));
    }

    /// <summary>Forgets a user, for ever.</summary>
    /// <param name="context">Its user is who asks: the user, or root.</param>
    /// <exception cref="RejectedException">AccessDenied, InvalidRequest, NoSuchUser, BucketNotEmpty, WrongCredentials,
    /// TooManyRequests.</exception>
    public async Task<Outcome> Erase(
        CommandContext context,
        Erase request,
        IPAddress? address,
        CancellationToken cancel
    )
    {
        if (request.UserName != context.By && context.By != root.User)
            throw new RejectedException(ErrorCode.AccessDenied, "Another user's account.");
        if (request.UserName == root.User)
            throw new RejectedException(ErrorCode.InvalidRequest, "The root account can't be erased.");
        await Prove(context.By, request.Password, address, cancel);
        if (!request.KeepFiles)
            await erasure.CheckNoFiles(request.UserName, cancel);
        return await erasure.Run(context, request.UserName);
    }

    /// <summary>That it is the user's password.</summary>
    async Task Prove(string userName, string password, IPAddress? address, CancellationToken cancel)
    {
        if (!await byUser.TryTake(userName))
            throw new RejectedException(ErrorCode.TooManyRequests);
        var counted = Counted(address);
        if (counted is not null && !await byAddress.TryTake(counted))
            throw new RejectedException(ErrorCode.TooManyRequests);
        var encoded =
            userName == root.User || password.Length > SignUpRules.PasswordBytesMax
                ? null
                : await database.Find(
                    "SELECT user_pwd FROM tbl_user WHERE user_name = @user AND status = 1",
                    row => row.GetString(0),
                    ("@user", userName)
                );
        // Every case takes one derivation, so that time tells nobody which names there are.
        var right = await passwords.Verify(password, encoded, cancel);
        if (!right && !root.Is(userName, password))
            throw new RejectedException(ErrorCode.WrongCredentials);
        await byUser.GiveBack(userName);
        if (counted is not null)
            await byAddress.GiveBack(counted);
    }

    /// <summary>Whether it is the password of somebody who may read the whole log.</summary>
    /// <param name="address">As at <see cref="SignIn"/>.</param>
    /// <exception cref="RejectedException">WrongCredentials, TooManyRequests.</exception>
    public async Task<bool> ProveAuditor(string userName, string password, IPAddress? address, CancellationToken cancel)
    {
        await Prove(userName, password, address, cancel);
        return await IsAuditor(userName, cancel);
    }

    public async ValueTask<bool> IsAuditor(string userName, CancellationToken cancel) =>
        userName == root.User || (await varve.Read(User.Decider, User.StreamOf(userName), cancel)).Auditor;

    /// <summary>Whose token it is.</summary>
    /// <exception cref="RejectedException">Unauthorized.</exception>
    public async ValueTask<SignedIn> Authenticate(string token) =>
        await sessions.Find(token) is { } userName
            ? UserOf(userName)
            : throw new RejectedException(ErrorCode.Unauthorized, "The token is wrong or has expired.");

    /// <summary>The token is nobody's from now on.</summary>
    public ValueTask SignOut(string token) => sessions.End(token);

    /// <summary>What is known of a user; null for root, which has no row.</summary>
    public async ValueTask<AccountRow?> Find(string userName, CancellationToken cancel)
    {
        var account = await database.Find(
            "SELECT user_name, email, phone, signup_at, last_active FROM tbl_user WHERE user_name = @user",
            row => new AccountRow(row.GetString(0), Text(row, 1), Text(row, 2), Time(row, 3), Time(row, 4)),
            ("@user", userName)
        );
        // Accounts from before the log had it keep their address in the row.
        var user = await varve.Read(User.Decider, User.StreamOf(userName), cancel);
        return user.Contact is { } data && await personal.Open(userName, data) is { } contact
            ? account! with
            {
                Email = contact.Email,
                Phone = contact.Phone,
            }
            : account;
    }

    /// <summary>The secret key of an access key that counts; null if there is none.</summary>
    public ValueTask<SecretOf?> FindSecret(string accessKey, CancellationToken cancel) =>
        accessKey == root.User ? ValueTask.FromResult<SecretOf?>(rootSecret)
        : cancel.IsCancellationRequested ? ValueTask.FromCanceled<SecretOf?>(cancel)
        : keys.Find(accessKey);

    public ValueTask<IReadOnlyList<AccessKeyRow>> ListKeys(string userName) => keys.List(userName);

    public Task<(NewAccessKey Key, Outcome Outcome)> CreateKey(CommandContext context, CancellationToken cancel) =>
        keys.Create(context, cancel);

    /// <exception cref="RejectedException">NoSuchAccessKey.</exception>
    public Task<Outcome> RevokeKey(CommandContext context, string accessKey, CancellationToken cancel) =>
        keys.Revoke(context, accessKey, cancel);

    internal static string DateTimeText(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>What an address is counted by. This machine's own is not: with a proxy in front it is everybody's.
    /// </summary>
    static string? Counted(IPAddress? address) =>
        address is null || IPAddress.IsLoopback(address) ? null : address.ToString();

    SignedIn UserOf(string userName) =>
        userName == root.User
            ? new(
                new Caller(userName, Root: true),
                rootHome ?? throw new InvalidOperationException("EnsureRoot first.")
            )
            : new(new Caller(userName, Root: false), BucketName.Parse(userName));

    async ValueTask<bool> IsEnabled(string userName) =>
        await database.Find(
            "SELECT user_name FROM tbl_user WHERE user_name = @user AND status <> 0",
            row => row.GetString(0),
            ("@user", userName)
        )
            is not null;

    async ValueTask Reserve(SignUp request, string password, DateTimeOffset at)
    {
        // Nobody waits for another name's pending row: it is a crash's, and its phone is free again.
        await database.ExecuteTogether(
            """
            UPDATE tbl_user SET phone = NULL WHERE phone = @phone AND status = 0 AND user_name <> @user;
            DELETE FROM tbl_user WHERE user_name = @user AND status = 0;
            DELETE FROM tbl_personal_key WHERE user_name = @user;
            INSERT INTO tbl_user (user_name, user_pwd, phone, signup_at, last_active)
            SELECT @user, @password, @phone, @at, @at
            WHERE NOT EXISTS (SELECT 1 FROM tbl_user WHERE user_name = @user OR phone = @phone);
            """,
            ("@user", request.UserName),
            ("@password", password),
            ("@phone", request.Phone),
            ("@at", DateTimeText(at))
        );
        var reserved = await database.Find(
            "SELECT user_name FROM tbl_user WHERE user_name = @user AND user_pwd = @password",
            row => row.GetString(0),
            ("@user", request.UserName),
            ("@password", password)
        );
        if (reserved is null)
            throw new RejectedException(ErrorCode.UserAlreadyExists, "The name or the phone is another user's.");
    }

    /// <returns>Null where the command had been done before a crash.</returns>
    async Task<Outcome?> Enable(CommandContext context, BucketName home, string password, Contact contact)
    {
        Outcome? outcome = null;
        try
        {
            // Not to be cut by a client that goes away: what is begun here is ended here.
            outcome = await varve.Run(new UserCommand.SignUp(context, context.By, home), CancellationToken.None);
        }
        catch (RejectedException no)
        {
            // Where the log has the user and this table's row is pending, a crash came between them.
            var user = await varve.Read(User.Decider, User.StreamOf(context.By), CancellationToken.None);
            if (no.Rejection.Code != ErrorCode.UserAlreadyExists || user.Erased)
            {
                await database.Execute(
                    "DELETE FROM tbl_user WHERE user_name = @user AND status = 0",
                    ("@user", context.By)
                );
                throw;
            }
        }
        if (contact is not { Email: null, Phone: null })
        {
            var data = await personal.Seal(context.By, contact);
            outcome = await varve.Run(
                new UserCommand.SetContact(varve.Context(context.By), context.By, data),
                CancellationToken.None
            );
        }
        // Of two that ask for one name at once, in two processes, the one whose password is in the row has it.
        var enabled = await database.Execute(
            "UPDATE tbl_user SET status = 1 WHERE user_name = @user AND user_pwd = @password AND status = 0",
            ("@user", context.By),
            ("@password", password)
        );
        return enabled == 1 ? outcome : throw new RejectedException(ErrorCode.UserAlreadyExists, context.By);
    }

    /// <returns>Null where another process that starts just now was faster.</returns>
    async Task<User?> SignUpRoot(CancellationToken cancel)
    {
        var own = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root.User)))[..8];
        string[] names = [root.User.ToLowerInvariant(), "root-home", $"root-home-{own}"];
        RejectedException? last = null;
        foreach (var home in names.Select(BucketName.TryParse).OfType<BucketName>())
            try
            {
                var outcome = await varve.Run(
                    new UserCommand.SignUp(varve.Context(root.User), root.User, home),
                    cancel
                );
                return outcome.State<User>();
            }
            catch (RejectedException no) when (no.Rejection.Code == ErrorCode.UserAlreadyExists)
            {
                return null;
            }
            catch (RejectedException no)
                when (no.Rejection.Code is ErrorCode.BucketAlreadyExists or ErrorCode.BucketAlreadyOwnedByYou)
            {
                last = no; // somebody's bucket has the name
            }
        throw last!;
    }

    /// <summary>SQLite has it as the text that was written, MySQL as a value of its own.</summary>
    static string Time(System.Data.Common.DbDataReader row, int column) =>
        row.GetValue(column) is DateTime at
            ? DateTimeText(new DateTimeOffset(at, TimeSpan.Zero))
            : row.GetString(column);

    static string? Text(System.Data.Common.DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
