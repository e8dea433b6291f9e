namespace Varve.Workers.Transfers;

/// <summary>
/// Messages that ask for contents to be copied, one queue a tier. Each is delivered at least once. Those that fail come
/// again after growing delays, and are set aside in the end, with the reason. Thread-safe.
/// </summary>
public interface ITransferQueue : IAsyncDisposable
{
    /// <summary>Why it does not move, such as a broker that does not answer; null while it does.</summary>
    string? Fault { get; }

    /// <summary>Returns when all messages are on stable storage. Waits for a queue that does not answer.</summary>
    Task Publish(string tier, IReadOnlyList<TransferData> transfers, CancellationToken cancel);

    /// <summary>Hands a tier's messages out until cancelled. Waits for a queue that does not answer.</summary>
    Task Consume(string tier, ITransferConsumer consumer, CancellationToken cancel);

    /// <summary>What is in a tier's queues.</summary>
    /// <param name="failedMax">List so many of the failed ones at most.</param>
    /// <exception cref="TransferQueueUnavailableException">It does not answer.</exception>
    Task<TransferQueueState> Read(string tier, int failedMax, CancellationToken cancel);

    /// <summary>Lets what was set aside come again, from the first attempt on.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="TransferQueueUnavailableException">It does not answer.</exception>
    Task<long> Retry(string tier, CancellationToken cancel);
}

/// <summary>What is done with messages. Called by several threads at once.</summary>
public interface ITransferConsumer
{
    /// <summary>When it returns, the message is done with; where it throws, it comes again.</summary>
    Task Transfer(TransferData data, CancellationToken cancel);

    /// <summary>A message failed and comes again after a delay.</summary>
    void Delayed(TransferData data, Exception fault, TimeSpan delay);

    /// <summary>A message failed for the last time and is about to be set aside.</summary>
    Task GaveUp(TransferData data, Exception fault, CancellationToken cancel);
}

/// <summary>How messages are handed out.</summary>
/// <param name="AtOnce">Messages of a tier that are worked on at the same time.</param>
/// <param name="Delays">Before the second attempt, the third and so on; after so many more it is set aside.</param>
public sealed record TransferPace(int AtOnce, IReadOnlyList<TimeSpan> Delays)
{
    /// <summary>The whole of an outage of an hour is gone through.</summary>
    public static readonly TransferPace Standard = new(
        4,
        [
            TimeSpan.FromSeconds(5),
            TimeSpan.FromSeconds(30),
            TimeSpan.FromMinutes(2),
            TimeSpan.FromMinutes(10),
            TimeSpan.FromMinutes(60),
        ]
    );
}

/// <param name="Waiting">Messages to be worked on, or being worked on.</param>
/// <param name="Delayed">Failed ones that come again by themselves.</param>
/// <param name="Failed">Those that were set aside.</param>
public sealed record TransferQueueState(
    string Tier,
    long Waiting,
    long Delayed,
    long Failed,
    IReadOnlyList<FailedTransfer> List
);

/// <param name="Message">As it was published, be it malformed.</param>
public sealed record FailedTransfer(string Message, string Reason, DateTimeOffset FailedAt);

/// <summary>The queue does not answer.</summary>
public sealed class TransferQueueUnavailableException(string message, Exception inner) : IOException(message, inner);
