using BitFaster.Caching.Lru;
using Varve.Projections.Redis;

namespace Varve.Api.Identity;

/// <summary>Counts what someone tries within a window of time: for all processes together where they share a Redis, and
/// in this process while that is out of reach. Memory is bounded by <paramref name="capacity"/>, beyond which those who
/// tried longest ago are forgotten. Thread-safe.</summary>
/// <param name="name">What is tried.</param>
/// <param name="max">Attempts in one window.</param>
/// <param name="capacity">Keys that are remembered at once, 3 or more.</param>
/// <param name="shared">Null for this process alone.</param>
sealed class AttemptLimit(
    string name,
    int max,
    TimeSpan window,
    int capacity,
    TimeProvider clock,
    RedisCounters? shared
)
{
    readonly ConcurrentLru<string, Attempts> byKey = new(Environment.ProcessorCount, capacity, StringComparer.Ordinal);

    /// <summary>Counts an attempt before it is made, so that attempts at the same time count too.</summary>
    /// <returns>False if there were too many: then it must not be made.</returns>
    public async ValueTask<bool> TryTake(string key)
    {
        if (shared is not null && await shared.Add($"{name}:{key}", window) is { } count)
        {
            if (count > max)
                await shared.TakeBack($"{name}:{key}");
            return count <= max;
        }
        var attempts = byKey.GetOrAdd(key, _ => new Attempts());
        var now = clock.GetTimestamp();
        lock (attempts)
        {
            if (attempts.Count == 0 || clock.GetElapsedTime(attempts.Begun, now) >= window)
                (attempts.Begun, attempts.Count) = (now, 0);
            if (attempts.Count >= max)
                return false;
            attempts.Count++;
            return true;
        }
    }

    /// <summary>The attempt turned out well: it does not count.</summary>
    public async ValueTask GiveBack(string key)
    {
        if (shared is not null)
            await shared.TakeBack($"{name}:{key}");
        if (byKey.TryGet(key, out var attempts))
            lock (attempts)
                attempts.Count = Math.Max(0, attempts.Count - 1);
    }

    sealed class Attempts
    {
        public long Begun { get; set; }
        public int Count { get; set; }
    }
}
