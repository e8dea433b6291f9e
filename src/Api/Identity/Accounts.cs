using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Users;

namespace Varve.Api.Identity;

/// <summary>Who is asking by REST, once that is proved.</summary>
/// <param name="Home">The bucket that holds the user's files.</param>
public sealed record SignedIn(Caller Caller, BucketName Home)
{
    public string UserName => Caller.UserName;
}

/// <param name="Phone">11 digits, or null.</param>
public sealed record SignUp(string UserName, string Password, string? Email, string? Phone);

/// <param name="Password">Of who asks: a token alone is not enough.</param>
/// <param name="KeepFiles">False: the home bucket must be empty.</param>
public sealed record Erase(string UserName, string Password, bool KeepFiles);

/// <param name="SignupAt">UTC, <c>yyyy-MM-dd HH:mm:ss</c>.</param>
public sealed record AccountRow(string UserName, string? Email, string? Phone, string SignupAt, string LastActive);

/// <summary>
/// Users, their sign-ins and their S3 keys. Secrets are in <c>identity.db</c>; that a user exists, and which keys there
/// are, is in the log. Thread-safe.
/// </summary>
public sealed class Accounts : IDisposable
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
    readonly ConcurrentDictionary<string, string> byId = new(StringComparer.Ordinal);
    BucketName? rootHome;

    /// <param name="dataFolder">Holds <c>identity.db</c> and <c>secret.key</c>; is made if missing.</param>
    public Accounts(Backend varve, RootAccount root, string dataFolder, IdentityOptions options, TimeProvider clock)
    {
        Directory.CreateDirectory(dataFolder);
        (this.varve, this.root) = (varve, root);
        rootSecret = new SecretOf(root.User, Root: true, root.Password);
        database = new IdentityDatabase(Path.Combine(dataFolder, "identity.db"));
        passwords = new Passwords(options.PasswordIterations);
        sessions = new Sessions(database, options.SessionLifetime, clock);
        var box = SecretBox.Load(Path.Combine(dataFolder, "secret.key"));
        keys = new AccessKeys(database, box, varve);
        personal = new PersonalData(database, box);
        erasure = new Erasure(database, sessions, keys, varve);
        byUser = new(options.FailedSignInsPerUser, options.AttemptWindow, RememberedAttempts, clock);
        byAddress = new(options.FailedSignInsPerAddress, options.AttemptWindow, RememberedAttempts, clock);
        signUps = new(options.SignUpsPerAddress, options.AttemptWindow, RememberedAttempts, clock);
    }

    public void Dispose()
    {
        passwords.Dispose();
        database.Dispose();
    }

    /// <summary>At start, before requests are taken: the root user and its home bucket are there afterwards.</summary>
    public async Task EnsureRoot(CancellationToken cancel)
    {
        var stored = await varve.Read(User.Decider, User.StreamOf(root.User), cancel);
        if (stored.HomeBucket is null)
            stored = await SignUpRoot(cancel);
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
        if (Counted(address) is { } counted && !signUps.TryTake(counted))
            throw new RejectedException(ErrorCode.TooManyRequests);
        var home = SignUpRules.Check(request);
        var taken = new RejectedException(ErrorCode.UserAlreadyExists, request.UserName);
        if (request.UserName == root.User || home == rootHome || IsEnabled(request.UserName))
            throw taken;
        if (!signingUp.TryAdd(request.UserName, request.UserName))
            throw taken;
        try
        {
            var password = await passwords.Hash(request.Password, cancel);
            if (IsEnabled(request.UserName))
                throw taken;
            Reserve(request, password, context.At);
            return await Enable(context, home, new Contact(request.Email, request.Phone));
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
        return (sessions.Begin(userName), UserOf(userName));
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
        if (!byUser.TryTake(userName))
            throw new RejectedException(ErrorCode.TooManyRequests);
        var counted = Counted(address);
        if (counted is not null && !byAddress.TryTake(counted))
            throw new RejectedException(ErrorCode.TooManyRequests);
        var encoded =
            userName == root.User || password.Length > SignUpRules.PasswordBytesMax
                ? null
                : database.Find(
                    "SELECT user_pwd FROM tbl_user WHERE user_name = @user AND status = 1",
                    row => row.GetString(0),
                    ("@user", userName)
                );
        // Every case takes one derivation, so that time tells nobody which names there are.
        var right = await passwords.Verify(password, encoded, cancel);
        if (!right && !root.Is(userName, password))
            throw new RejectedException(ErrorCode.WrongCredentials);
        byUser.GiveBack(userName);
        if (counted is not null)
            byAddress.GiveBack(counted);
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
    public SignedIn Authenticate(string token) =>
        sessions.Find(token) is { } userName
            ? UserOf(userName)
            : throw new RejectedException(ErrorCode.Unauthorized, "The token is wrong or has expired.");

    /// <summary>The token is nobody's from now on.</summary>
    public void SignOut(string token) => sessions.End(token);

    /// <summary>What is known of a user; null for root, which has no row.</summary>
    public async ValueTask<AccountRow?> Find(string userName, CancellationToken cancel)
    {
        var account = database.Find(
            "SELECT user_name, email, phone, signup_at, last_active FROM tbl_user WHERE user_name = @user",
            row => new AccountRow(row.GetString(0), Text(row, 1), Text(row, 2), row.GetString(3), row.GetString(4)),
            ("@user", userName)
        );
        // Accounts from before the log had it keep their address in the row.
        var user = await varve.Read(User.Decider, User.StreamOf(userName), cancel);
        return user.Contact is { } data && personal.Open(userName, data) is { } contact
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
        : ValueTask.FromResult(keys.Find(accessKey));

    /// <summary>The user with a canonical id; null if there is none.</summary>
    public ValueTask<string?> FindById(string id, CancellationToken cancel)
    {
        if (!byId.TryGetValue(id, out var known))
        {
            foreach (var user in Names())
                byId.TryAdd(UserIds.CanonicalId(user), user);
            known = byId.GetValueOrDefault(id);
        }
        return ValueTask.FromResult(known);
    }

    /// <summary>The user with an e-mail address; null if there is none, or several. Addresses are sealed, each with its
    /// user's own key, so all of them are opened.</summary>
    public async ValueTask<string?> FindByEmail(string email, CancellationToken cancel)
    {
        string? found = null;
        foreach (var user in Names())
        {
            var account = user == root.User ? null : await Find(user, cancel);
            if (!email.Equals(account?.Email, StringComparison.OrdinalIgnoreCase))
                continue;
            if (found is not null)
                return null;
            found = user;
        }
        return found;
    }

    public IReadOnlyList<AccessKeyRow> ListKeys(string userName) => keys.List(userName);

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

    IEnumerable<string> Names() =>
        database.List("SELECT user_name FROM tbl_user WHERE status = 1", row => row.GetString(0)).Append(root.User);

    bool IsEnabled(string userName) =>
        database.Find(
            "SELECT user_name FROM tbl_user WHERE user_name = @user AND status <> 0",
            row => row.GetString(0),
            ("@user", userName)
        )
            is not null;

    void Reserve(SignUp request, string password, DateTimeOffset at)
    {
        // Nobody waits for another name's pending row: it is a crash's, and its phone is free again.
        var changed = database.Execute(
            """
            UPDATE tbl_user SET phone = NULL WHERE phone = @phone AND status = 0 AND user_name <> @user;
            DELETE FROM tbl_personal_key WHERE user_name = @user;
            INSERT INTO tbl_user (user_name, user_pwd, phone, signup_at, last_active)
            SELECT @user, @password, @phone, @at, @at
            WHERE @phone IS NULL OR NOT EXISTS (SELECT 1 FROM tbl_user WHERE phone = @phone AND user_name <> @user)
            ON CONFLICT (user_name) DO UPDATE SET
                user_pwd = @password, phone = @phone, signup_at = @at, last_active = @at;
            """,
            ("@user", request.UserName),
            ("@password", password),
            ("@phone", request.Phone),
            ("@at", DateTimeText(at))
        );
        if (changed == 0)
            throw new RejectedException(ErrorCode.UserAlreadyExists, "phone: another user has it.");
    }

    /// <returns>Null where the command had been done before a crash.</returns>
    async Task<Outcome?> Enable(CommandContext context, BucketName home, Contact contact)
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
                database.Execute("DELETE FROM tbl_user WHERE user_name = @user AND status = 0", ("@user", context.By));
                throw;
            }
        }
        if (contact is not { Email: null, Phone: null })
        {
            var data = personal.Seal(context.By, contact);
            outcome = await varve.Run(
                new UserCommand.SetContact(varve.Context(context.By), context.By, data),
                CancellationToken.None
            );
        }
        database.Execute("UPDATE tbl_user SET status = 1 WHERE user_name = @user", ("@user", context.By));
        return outcome;
    }

    async Task<User> SignUpRoot(CancellationToken cancel)
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
            catch (RejectedException no)
                when (no.Rejection.Code is ErrorCode.BucketAlreadyExists or ErrorCode.BucketAlreadyOwnedByYou)
            {
                last = no; // somebody's bucket has the name
            }
        throw last!;
    }

    static string? Text(System.Data.Common.DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
