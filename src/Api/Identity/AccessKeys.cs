using System.Security.Cryptography;
using BitFaster.Caching.Lru;
using Varve.Domain;
using Varve.Domain.Users;

namespace Varve.Api.Identity;

/// <summary>A user's key pair for S3, as it is shown: once, when it is made.</summary>
/// <param name="AccessKey">20 characters: <c>VK</c>, then A–Z and 0–9.</param>
/// <param name="SecretKey">40 letters and digits.</param>
public sealed record NewAccessKey(string AccessKey, string SecretKey);

/// <param name="CreatedAt">UTC.</param>
public sealed record AccessKeyRow(string AccessKey, DateTimeOffset CreatedAt);

/// <summary>What S3 needs to check a signature.</summary>
/// <param name="Root">May do everything with every bucket.</param>
/// <param name="Secret">The secret key in clear: for the signature, never for a log.</param>
public sealed record SecretOf(string UserName, bool Root, string Secret)
{
    /// <summary>A record's text has all its fields; this one must not have the secret.</summary>
    public override string ToString() => $"{nameof(SecretOf)} {UserName}";
}

/// <summary>
/// Key pairs for S3. The log knows the access keys (for the audit), this table their secrets, encrypted. A key counts
/// from the moment that both have it, and no more from the moment that one has lost it. Thread-safe.
/// </summary>
sealed class AccessKeys(IdentityDatabase database, SecretBox box, Backend varve)
{
    internal const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const string AccessKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const int RememberedMax = 10_000;

    readonly ConcurrentTLru<string, SecretOf> remembered = new(RememberedMax, database.RememberedFor);
    int revocations;

    public async Task<(NewAccessKey Key, Outcome Outcome)> Create(CommandContext context, CancellationToken cancel)
    {
        var key = new NewAccessKey(
            "VK" + RandomNumberGenerator.GetString(AccessKeyLetters, 18),
            RandomNumberGenerator.GetString(Alphanumeric, 40)
        );
        await database.Execute(
            """
            INSERT INTO tbl_access_key (access_key, user_name, secret_key, created_at)
            VALUES (@key, @user, @secret, @now)
            """,
            ("@key", key.AccessKey),
            ("@user", context.By),
            ("@secret", box.Close(key.SecretKey, key.AccessKey)),
            ("@now", context.At.ToUnixTimeMilliseconds())
        );
        try
        {
            var command = new UserCommand.CreateAccessKey(context, context.By, key.AccessKey);
            var outcome = await varve.Run(command, cancel);
            await database.Execute(
                "UPDATE tbl_access_key SET status = 1 WHERE access_key = @key",
                ("@key", key.AccessKey)
            );
            return (key, outcome);
        }
        catch (RejectedException)
        {
            await database.Execute("DELETE FROM tbl_access_key WHERE access_key = @key", ("@key", key.AccessKey));
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<AccessKeyRow>> List(string userName) =>
        await database.List(
            """
            SELECT access_key, created_at FROM tbl_access_key WHERE user_name = @user AND status = 1
            ORDER BY created_at, access_key
            """,
            row => new AccessKeyRow(row.GetString(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1))),
            ("@user", userName)
        );

    /// <exception cref="RejectedException">NoSuchAccessKey: it is not this user's, or revoked already.</exception>
    public async Task<Outcome> Revoke(CommandContext context, string accessKey, CancellationToken cancel)
    {
        var known = await database.Execute(
            "UPDATE tbl_access_key SET status = 2 WHERE access_key = @key AND user_name = @user",
            ("@key", accessKey),
            ("@user", context.By)
        );
        if (known == 0)
            throw new RejectedException(ErrorCode.NoSuchAccessKey, accessKey);
        Interlocked.Increment(ref revocations);
        remembered.TryRemove(accessKey);
        return await varve.Run(new UserCommand.RevokeAccessKey(context, context.By, accessKey), cancel);
    }

    /// <summary>The table alone counts: keys have been deleted there.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref revocations);
        remembered.Clear();
    }

    public async ValueTask<SecretOf?> Find(string accessKey)
    {
        if (remembered.TryGet(accessKey, out var secret))
            return secret;
        var before = Volatile.Read(ref revocations);
        secret = await database.Find(
            "SELECT user_name, secret_key FROM tbl_access_key WHERE access_key = @key AND status = 1",
            row => new SecretOf(row.GetString(0), Root: false, box.Open((byte[])row.GetValue(1), accessKey)),
            ("@key", accessKey)
        );
        if (secret is null)
            return null;
        remembered.AddOrUpdate(accessKey, secret);
        if (before != Volatile.Read(ref revocations)) // it may have been this one, between the two lines above
            remembered.TryRemove(accessKey);
        return secret;
    }
}
