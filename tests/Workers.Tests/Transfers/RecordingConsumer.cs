using System.Collections.Concurrent;

namespace Varve.Workers.Tests.Transfers;

using Varve.Workers.Transfers;

/// <summary>Does with messages what a test says, and remembers them.</summary>
sealed class RecordingConsumer(Func<TransferData, CancellationToken, Task> transfer) : ITransferConsumer
{
    readonly ConcurrentQueue<TransferData> seen = new();
    readonly ConcurrentQueue<string> gaveUp = new();

    public RecordingConsumer()
        : this((_, _) => Task.CompletedTask) { }

    /// <summary>All that came, perhaps again.</summary>
    public IReadOnlyCollection<TransferData> Seen => seen;

    public IReadOnlyCollection<string> Reasons => gaveUp;

    public Task Transfer(TransferData data, CancellationToken cancel)
    {
        seen.Enqueue(data);
        return transfer(data, cancel);
    }

    public void Delayed(TransferData data, Exception fault, TimeSpan delay) { }

    public Task GaveUp(TransferData data, Exception fault, CancellationToken cancel)
    {
        gaveUp.Enqueue(fault.Message);
        return Task.CompletedTask;
    }
}
