using System.Collections;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

/// <summary>An append of one event to the stream <c>held</c> that stops amid its transaction: what is appended
/// meanwhile waits in the queue, in order.</summary>
sealed class HeldAppend : IReadOnlyList<NewEvent>
{
    readonly TaskCompletionSource writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ManualResetEventSlim released = new();
    int walks;
    Task<AppendResult> appending = null!;

    HeldAppend() { }

    public int Count => 1;

    public NewEvent this[int index] => new(Guid.NewGuid(), "Held", default, default);

    /// <summary>Returns when the append is being written.</summary>
    public static async Task<HeldAppend> Start(EmbeddedEventStore store)
    {
        var held = new HeldAppend();
        held.appending = Task.Run(async () =>
            await store.Append([new("held", ExpectedRevision.Any, held)], CancellationToken.None)
        );
        await held.writing.Task;
        return held;
    }

    /// <summary>Lets it go on.</summary>
    public Task<AppendResult> Release()
    {
        released.Set();
        return appending;
    }

    /// <summary>The caller walks over the events to check them, then the writer to write them.</summary>
    public IEnumerator<NewEvent> GetEnumerator()
    {
        if (Interlocked.Increment(ref walks) == 2)
        {
            writing.SetResult();
            released.Wait();
        }
        yield return this[0];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
