namespace Varve.EventStores;

/// <summary>
/// Commands on one stream take turns within the process, so that they do not lose races to each other; against other
/// processes the expected revision decides. Streams share a fixed number of queues. Thread-safe.
/// </summary>
sealed class CommandTurns
{
    const int Queues = 4096;

    readonly SemaphoreSlim[] queues = [.. Enumerable.Range(0, Queues).Select(_ => new SemaphoreSlim(1, 1))];

    public async ValueTask<Turn> Take(string stream, CancellationToken cancel)
    {
        var queue = queues[(uint)string.GetHashCode(stream, StringComparison.Ordinal) % Queues];
        await queue.WaitAsync(cancel);
        return new Turn(queue);
    }

    public readonly struct Turn(SemaphoreSlim queue) : IDisposable
    {
        public void Dispose() => queue.Release();
    }
}
