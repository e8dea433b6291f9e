using System.Collections.Concurrent;
using Varve.Domain.Access;

namespace Varve.Api.Identity;

/// <summary>Finds users by what S3's grants name them by. Thread-safe.</summary>
public sealed class UserLookup
{
    readonly IdentityDatabase database;
    readonly Accounts accounts;
    readonly string root;
    readonly ConcurrentDictionary<string, string> byId = new(StringComparer.Ordinal);

    internal UserLookup(IdentityDatabase database, Accounts accounts, string root) =>
        (this.database, this.accounts, this.root) = (database, accounts, root);

    /// <summary>The user with a canonical id; null if there is none.</summary>
    public async ValueTask<string?> ById(string id, CancellationToken cancel)
    {
        if (byId.TryGetValue(id, out var known))
            return known;
        foreach (var user in await Names())
            byId.TryAdd(UserIds.CanonicalId(user), user);
        return byId.GetValueOrDefault(id);
    }

    /// <summary>The user with an e-mail address; null if there is none, or several. Addresses are sealed, each with its
    /// user's own key, so all of them are opened: it takes as long as there are users.</summary>
    public async ValueTask<string?> ByEmail(string email, CancellationToken cancel)
    {
        string? found = null;
        foreach (var user in await Names())
        {
            var account = user == root ? null : await accounts.Find(user, cancel);
            if (!email.Equals(account?.Email, StringComparison.OrdinalIgnoreCase))
                continue;
            if (found is not null)
                return null;
            found = user;
        }
        return found;
    }

    async ValueTask<List<string>> Names() =>
        [.. await database.List("SELECT user_name FROM tbl_user WHERE status = 1", row => row.GetString(0)), root];
}
