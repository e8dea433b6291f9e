using System.Collections.Concurrent;
using Varve.Domain.Access;

namespace Varve.Api.Identity;

/// <summary>Finds users by what S3 names them by, beside their names. Thread-safe.</summary>
public sealed class UserLookup : IDisposable
{
    /// <summary>Rows are numbered in their order, but may be seen out of it: a sign-up takes a moment.</summary>
    const int Overlap = 1000;

    readonly IdentityDatabase database;
    readonly Accounts accounts;
    readonly string root;
    readonly ConcurrentDictionary<string, string> byCanonicalId = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, string> byAccountId = new(StringComparer.Ordinal);
    readonly SemaphoreSlim reading = new(1);
    readonly SemaphoreSlim searching = new(1);
    long last;

    internal UserLookup(IdentityDatabase database, Accounts accounts, string root)
    {
        (this.database, this.accounts, this.root) = (database, accounts, root);
        Remember(root);
    }

    public void Dispose()
    {
        reading.Dispose();
        searching.Dispose();
    }

    /// <summary>The user with a canonical id; null if there is none.</summary>
    public ValueTask<string?> ById(string id, CancellationToken cancel) => Find(byCanonicalId, id, cancel);

    /// <summary>Whether another user has the account id that a name would have: 12 digits are few enough to look for
    /// such a name.</summary>
    public async ValueTask<bool> HasAccountOfAnother(string name, CancellationToken cancel) =>
        await Find(byAccountId, UserIds.AccountId(name), cancel) is { } user && user != name;

    /// <summary>The user with an e-mail address; null if there is none, or several. Addresses are sealed, each with its
    /// user's own key, so all of them are opened: it takes as long as there are users. One search at a time.</summary>
    public async ValueTask<string?> ByEmail(string email, CancellationToken cancel)
    {
        await searching.WaitAsync(cancel);
        try
        {
            string? found = null;
            var users = await database.List("SELECT user_name FROM tbl_user WHERE status = 1", row => row.GetString(0));
            foreach (var user in users)
            {
                var account = await accounts.Find(user, cancel);
                if (!email.Equals(account?.Email, StringComparison.OrdinalIgnoreCase))
                    continue;
                if (found is not null)
                    return null;
                found = user;
            }
            return found;
        }
        finally
        {
            searching.Release();
        }
    }

    /// <summary>Reads the users who have come since the last time: names are never given again.</summary>
    async ValueTask<string?> Find(ConcurrentDictionary<string, string> names, string id, CancellationToken cancel)
    {
        if (names.TryGetValue(id, out var known))
            return known;
        await reading.WaitAsync(cancel);
        try
        {
            var users = await database.List(
                "SELECT id, user_name FROM tbl_user WHERE id > @known AND status <> 0 ORDER BY id",
                row => (Id: row.GetInt64(0), Name: row.GetString(1)),
                ("@known", last - Overlap)
            );
            foreach (var user in users)
            {
                Remember(user.Name);
                last = user.Id;
            }
        }
        finally
        {
            reading.Release();
        }
        return names.GetValueOrDefault(id);
    }

    void Remember(string user)
    {
        var id = UserIds.CanonicalId(user);
        if (byCanonicalId.TryAdd(id, user))
            byAccountId.TryAdd(UserIds.AccountIdOf(id), user);
    }
}
