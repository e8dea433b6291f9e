using StackExchange.Redis;

namespace Varve.Projections.Redis;

/// <summary>Counts within windows of time, that several processes share: keys <c>varve:count:…</c>. Thread-safe.
/// </summary>
public sealed class RedisCounters(RedisServer server)
{
    /// <summary>The window begins with the first that is counted in it.</summary>
    /// <returns>How many there are with this one; null while Redis is out of reach.</returns>
    public async ValueTask<long?> Add(string name, TimeSpan window)
    {
        try
        {
            var batch = server.Database.CreateBatch();
            var count = batch.StringIncrementAsync(KeyOf(name));
            var expire = batch.KeyExpireAsync(KeyOf(name), window, ExpireWhen.HasNoExpiry);
            batch.Execute();
            await Task.WhenAll(count, expire);
            return await count;
        }
        catch (Exception down) when (down is RedisException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>One does not count after all.</summary>
    public async ValueTask TakeBack(string name)
    {
        try
        {
            await server.Database.StringDecrementAsync(KeyOf(name), flags: CommandFlags.FireAndForget);
        }
        catch (Exception down) when (down is RedisException or TimeoutException)
        {
            return; // the window ends by itself
        }
    }

    static RedisKey KeyOf(string name) => $"varve:count:{name}";
}
