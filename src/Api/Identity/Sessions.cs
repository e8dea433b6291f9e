using System.Security.Cryptography;
using System.Text;
using BitFaster.Caching.Lru;

namespace Varve.Api.Identity;

/// <summary>
/// Who is signed in: tokens of 40 hex digits, of which only the SHA-256 is stored. A user may be signed in several
/// times at once. Thread-safe.
/// </summary>
/// <param name="lifetime">After it was last used, a token lasts so long (seen to the nearest 1/30 of it).</param>
sealed class Sessions(IdentityDatabase database, TimeSpan lifetime, TimeProvider clock)
{
    const int TokenBytes = 20;
    const int PerUserMax = 100;
    const int RememberedMax = 10_000;

    readonly ConcurrentTLru<string, Session> remembered = new(RememberedMax, database.RememberedFor);
    int ended;

    /// <returns>The token, which is nowhere else.</returns>
    public async ValueTask<string> Begin(string userName)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        var hash = HashOf(token);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await database.ExecuteTogether(
            """
            INSERT INTO tbl_user_session (token_hash, user_name, created_at, expires_at)
            SELECT @hash, @user, @now, @expires
            WHERE NOT EXISTS (SELECT 1 FROM tbl_user WHERE user_name = @user AND status <> 1);
            REPLACE INTO tbl_user_token (user_name, user_token, expires_at) VALUES (@user, @newest, @expires);
            DELETE FROM tbl_user_session WHERE user_name = @user AND (expires_at <= @now OR created_at < (
                SELECT created_at FROM (
                    SELECT created_at FROM tbl_user_session WHERE user_name = @user
                    ORDER BY created_at DESC LIMIT 1 OFFSET @max
                ) AS oldest));
            UPDATE tbl_user SET last_active = @active WHERE user_name = @user;
            """,
            ("@hash", hash),
            ("@user", userName),
            ("@now", now),
            ("@expires", now + (long)lifetime.TotalMilliseconds),
            ("@newest", Convert.ToHexStringLower(hash)[..40]),
            ("@max", PerUserMax - 1),
            ("@active", Accounts.DateTimeText(clock.GetUtcNow()))
        );
        return token;
    }

    /// <summary>Whose token it is; null if it is nobody's, or no more.</summary>
    public async ValueTask<string?> Find(string token)
    {
        if (token.Length != TokenBytes * 2 || !token.All(char.IsAsciiHexDigitLower))
            return null;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (remembered.TryGet(token, out var session))
            return session.ExpiresAt > now ? session.UserName : null;

        var before = Volatile.Read(ref ended);
        var hash = HashOf(token);
        session = await database.Find(
            "SELECT user_name, expires_at FROM tbl_user_session WHERE token_hash = @hash AND expires_at > @now",
            row => new Session(row.GetString(0), row.GetInt64(1)),
            ("@hash", hash),
            ("@now", now)
        );
        if (session is null)
            return null;
        var extended = now + (long)lifetime.TotalMilliseconds;
        if (extended - session.ExpiresAt > lifetime.TotalMilliseconds / 30)
        {
            session = session with { ExpiresAt = extended };
            await database.Execute(
                "UPDATE tbl_user_session SET expires_at = @expires WHERE token_hash = @hash",
                ("@expires", extended),
                ("@hash", hash)
            );
        }
        remembered.AddOrUpdate(token, session);
        if (before != Volatile.Read(ref ended)) // it may have been this one, since the row was read
            remembered.TryRemove(token);
        return session.UserName;
    }

    /// <summary>The token counts no more.</summary>
    public async ValueTask End(string token)
    {
        var hash = HashOf(token);
        await database.ExecuteTogether(
            """
            DELETE FROM tbl_user_session WHERE token_hash = @hash;
            DELETE FROM tbl_user_token WHERE user_token = @newest;
            """,
            ("@hash", hash),
            ("@newest", Convert.ToHexStringLower(hash)[..40])
        );
        Interlocked.Increment(ref ended);
        remembered.TryRemove(token);
    }

    /// <summary>The table alone counts: sessions have been deleted there.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref ended);
        remembered.Clear();
    }

    static byte[] HashOf(string token) => SHA256.HashData(Encoding.ASCII.GetBytes(token));

    sealed record Session(string UserName, long ExpiresAt);
}
