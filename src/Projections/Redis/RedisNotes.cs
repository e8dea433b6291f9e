using StackExchange.Redis;

namespace Varve.Projections.Redis;

/// <summary>Short texts that are good once and for a while, for any process: keys <c>varve:once:…</c>. Thread-safe.
/// </summary>
public sealed class RedisNotes(RedisServer server)
{
    /// <returns>False while Redis is out of reach.</returns>
    public async ValueTask<bool> Leave(string name, string text, TimeSpan lifetime)
    {
        try
        {
            return await server.Database.StringSetAsync(KeyOf(name), text, lifetime);
        }
        catch (Exception down) when (down is RedisException or TimeoutException)
        {
            return false;
        }
    }

    /// <returns>The text, to one of all who ask; null if there is none.</returns>
    public async ValueTask<string?> Take(string name)
    {
        try
        {
            return await server.Database.StringGetDeleteAsync(KeyOf(name));
        }
        catch (Exception down) when (down is RedisException or TimeoutException)
        {
            return null;
        }
    }

    static RedisKey KeyOf(string name) => $"varve:once:{name}";
}
