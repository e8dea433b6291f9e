using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Varve.Api.Hosting;
using Varve.Domain;
using Varve.EventStores.Node;

namespace Varve.Api.Identity;

/// <summary>
/// Who may do what with the log that is served: root and auditors read, Varve's own processes write. A password that
/// was right is not derived again for a minute: a client sends it with every call. Wrong ones are counted. Thread-safe.
/// </summary>
/// <param name="accounts">Null where there are none: the log is served alone.</param>
sealed class LogReaders(EventsOptions options, RootAccount root, Accounts? accounts, TimeProvider clock)
{
    static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);
    const int RememberedMax = 1_024;
    const int RootAttemptsMax = 10;
    static readonly TimeSpan RootAttemptWindow = TimeSpan.FromMinutes(5);

    readonly byte[] salt = RandomNumberGenerator.GetBytes(32);
    readonly ConcurrentDictionary<string, DateTimeOffset> proven = new(StringComparer.Ordinal);
    readonly AttemptLimit rootAttempts = new(
        "root",
        RootAttemptsMax,
        RootAttemptWindow,
        RememberedMax,
        clock,
        shared: null
    );

    public async ValueTask<NodeRight> Judge(string user, string password, string peer, CancellationToken cancel)
    {
        if (options.IsWriter(user, password))
            return NodeRight.Write;
        if (user == root.User)
            return await IsRoot(password, AddressOf(peer)) ? NodeRight.Read : NodeRight.None;
        if (accounts is null)
            return NodeRight.None;
        try
        {
            return await IsAuditor(accounts, user, password, AddressOf(peer), cancel) ? NodeRight.Read : NodeRight.None;
        }
        catch (RejectedException)
        {
            return NodeRight.None;
        }
    }

    /// <summary>Counted by address, so that nobody can lock root out from another.</summary>
    async ValueTask<bool> IsRoot(string password, IPAddress? address)
    {
        var from = $"{address}";
        if (!await rootAttempts.TryTake(from) || !root.Is(root.User, password))
            return false;
        await rootAttempts.GiveBack(from);
        return true;
    }

    async ValueTask<bool> IsAuditor(
        Accounts known,
        string user,
        string password,
        IPAddress? address,
        CancellationToken cancel
    )
    {
        var key = Convert.ToBase64String(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes($"{user}\n{password}")));
        if (proven.TryGetValue(key, out var until) && clock.GetUtcNow() < until)
            return await known.IsAuditor(user, cancel);
        if (!await known.ProveAuditor(user, password, address, cancel))
            return false;
        if (proven.Count >= RememberedMax)
            proven.Clear();
        proven[key] = clock.GetUtcNow() + Remembered;
        return true;
    }

    /// <param name="peer">As gRPC writes it: <c>ipv4:127.0.0.1:40000</c>.</param>
    static IPAddress? AddressOf(string peer) =>
        peer.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
        && IPEndPoint.TryParse(peer.AsSpan(colon + 1), out var from)
            ? from.Address
            : null;
}
