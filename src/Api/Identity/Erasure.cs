using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Users;

namespace Varve.Api.Identity;

/// <summary>
/// Forgets a person: the key of what the log has encrypted, the password, the sign-ins, the S3 keys, the phone. What
/// is left of the account is its name, which is never given again, since files and history are under it. Secrets go
/// first and the log is told second; a crash in between is made good at the next start. Thread-safe.
/// </summary>
sealed class Erasure(IdentityDatabase database, Sessions sessions, AccessKeys keys, Backend varve)
{
    const int Leaving = 2;
    const int Gone = 3;

    /// <summary>Nobody gets at files under a name that is nobody's, except root: so they are deleted before, or kept on
    /// purpose.</summary>
    /// <exception cref="RejectedException">BucketNotEmpty, ServiceUnavailable.</exception>
    public async Task CheckNoFiles(string userName, CancellationToken cancel)
    {
        if (BucketName.TryParse(userName) is not { } home)
            return;
        if (varve.Barrier.Stopped.FirstOrDefault(one => one.Projection == "objects") is { } stopped)
            throw new RejectedException(ErrorCode.ServiceUnavailable, $"The read model {stopped}");
        if (!await varve.Barrier.PassOwnWrites(cancel))
            throw new RejectedException(ErrorCode.ServiceUnavailable, "The read models are too far behind.");
        var bucket = await varve.Read(Bucket.Decider, home.Stream, cancel);
        if (bucket.Owner == userName && !await varve.Reads.IsEmpty(home.Text, cancel))
            throw new RejectedException(ErrorCode.BucketNotEmpty, "Delete the files first, or say files=keep.");
    }

    /// <exception cref="RejectedException">NoSuchUser.</exception>
    public async Task<Outcome> Run(CommandContext context, string userName)
    {
        if (!await Shred(userName, Leaving))
            throw new RejectedException(ErrorCode.NoSuchUser, userName);
        // Not to be cut by a client that goes away: what is begun here is ended here.
        var outcome = await varve.Run(new UserCommand.Erase(context, userName), CancellationToken.None);
        await Shred(userName, Gone); // again: a request that was under way may have brought something in
        return outcome;
    }

    /// <summary>At start: what a crash has cut.</summary>
    public async Task Finish(string by)
    {
        var cut = await database.List(
            "SELECT user_name FROM tbl_user WHERE status = @leaving",
            row => row.GetString(0),
            ("@leaving", Leaving)
        );
        foreach (var userName in cut)
            await Run(varve.Context(by), userName);
    }

    /// <returns>False where there is no such user, or no more.</returns>
    async ValueTask<bool> Shred(string userName, int status)
    {
        var there = await database.Execute(
            "UPDATE tbl_user SET status = @status WHERE user_name = @user AND status IN (1, @leaving)",
            ("@user", userName),
            ("@status", status),
            ("@leaving", Leaving)
        );
        if (there == 0)
            return false;
        await database.ExecuteTogether(
            """
            DELETE FROM tbl_personal_key WHERE user_name = @user;
            DELETE FROM tbl_user_session WHERE user_name = @user;
            DELETE FROM tbl_user_token WHERE user_name = @user;
            DELETE FROM tbl_access_key WHERE user_name = @user;
            UPDATE tbl_user SET user_pwd = '', email = NULL, phone = NULL, profile = NULL, last_active = signup_at
            WHERE user_name = @user;
            """,
            ("@user", userName)
        );
        sessions.Forget();
        keys.Forget();
        await database.Shred();
        return true;
    }
}
