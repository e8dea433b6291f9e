using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Varve.Workers.Transfers;

/// <summary>
/// The names in the broker. A tier's messages go from the exchange to its queue; what fails waits in a queue of its
/// delay, which gives it back to the exchange when the delay is over; what fails for good is in the error queue.
/// </summary>
/// <remarks>
/// <code>
/// uploadserver.trans                   exchange: direct, durable
/// uploadserver.trans.ceph              queue of routing key ceph: quorum
/// uploadserver.trans.ceph.retry.5000   waits 5,000 ms: quorum, dead letters to routing key ceph
/// uploadserver.trans.ceph.err          set aside, with the reason in the headers: quorum
/// </code>
/// All dead-lettering is at-least-once: the broker gives a message on before it forgets it.
/// </remarks>
sealed class RabbitTopology(string tier, IReadOnlyList<TimeSpan> delays)
{
    public const string Exchange = "uploadserver.trans";

    /// <summary>A consumer that has not acknowledged for so long is cut off by the broker: enough for 5 TiB at 60 MiB/s.
    /// Brokers before 3.12 go by their own <c>consumer_timeout</c>, 30 minutes.</summary>
    static readonly TimeSpan TransferMost = TimeSpan.FromHours(24);

    public string Queue => $"{Exchange}.{tier}";

    public string Key => tier;

    public string ErrorQueue => $"{Queue}.err";

    public string ErrorKey => $"{tier}.err";

    public IEnumerable<string> DelayQueues => delays.Select(DelayQueueOf);

    /// <summary>Queue and routing key.</summary>
    public string DelayQueueOf(TimeSpan delay) => $"{Queue}.retry.{Milliseconds(delay)}";

    /// <summary>Makes what is not there. A queue that others made otherwise is used as it is.</summary>
    public async Task Declare(IConnection connection, CancellationToken cancel)
    {
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: cancel))
            await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Direct, durable: true, cancellationToken: cancel);
        // Should the broker give up on a message that is delivered again and again, it goes where people look.
        var arguments = DeadLetters(ErrorKey);
        arguments["x-consumer-timeout"] = Milliseconds(TransferMost);
        await Declare(connection, Queue, Key, arguments, cancel);
        // From here it goes only when somebody asks for it, however often people look.
        var everLasting = new Dictionary<string, object?> { ["x-delivery-limit"] = int.MaxValue };
        await Declare(connection, ErrorQueue, ErrorKey, everLasting, cancel);
        foreach (var delay in delays)
        {
            var delaying = DeadLetters(Key);
            delaying["x-message-ttl"] = Milliseconds(delay);
            await Declare(connection, DelayQueueOf(delay), DelayQueueOf(delay), delaying, cancel);
        }
    }

    static async Task Declare(
        IConnection connection,
        string queue,
        string key,
        Dictionary<string, object?> arguments,
        CancellationToken cancel
    )
    {
        arguments["x-queue-type"] = "quorum";
        try
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
            await channel.QueueDeclareAsync(
                queue,
                durable: true,
                exclusive: false,
                autoDelete: false,
                arguments,
                cancellationToken: cancel
            );
        }
        catch (OperationInterruptedException refused) when (refused.ShutdownReason?.ReplyCode == PreconditionFailed)
        {
            // It is there, with other arguments: a classic one that an earlier service made.
        }
        await using var binding = await connection.CreateChannelAsync(cancellationToken: cancel);
        await binding.QueueBindAsync(queue, Exchange, key, cancellationToken: cancel);
    }

    const ushort PreconditionFailed = 406;

    static Dictionary<string, object?> DeadLetters(string key) =>
        new()
        {
            ["x-dead-letter-exchange"] = Exchange,
            ["x-dead-letter-routing-key"] = key,
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
        };

    static long Milliseconds(TimeSpan delay) => (long)delay.TotalMilliseconds;
}
