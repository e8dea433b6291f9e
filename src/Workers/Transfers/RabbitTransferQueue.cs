using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Varve.Workers.Transfers;

/// <summary>Messages in RabbitMQ, in the queues of <see cref="RabbitTopology"/>: persistent, confirmed by the broker,
/// acknowledged when they are done with.</summary>
public sealed class RabbitTransferQueue : ITransferQueue
{
    const string AttemptHeader = "x-varve-attempt";
    const string ReasonHeader = "x-varve-reason";
    const string FailedAtHeader = "x-varve-failed-at";

    /// <summary>Unconfirmed messages at a time.</summary>
    const int PublishedAtOnce = 256;

    static readonly TimeSpan GiveBackMost = TimeSpan.FromSeconds(5);

    static readonly CreateChannelOptions Confirming = new(
        publisherConfirmationsEnabled: true,
        publisherConfirmationTrackingEnabled: true
    );

    readonly RabbitConnection connection;
    readonly TransferPace pace;
    readonly TimeProvider clock;
    readonly ILogger logger;
    readonly ConcurrentDictionary<string, RabbitTopology> topologies = new();

    /// <param name="broker">Such as <c>amqp://guest:guest@127.0.0.1:5672/</c>.</param>
    /// <param name="tiers">Whose queues are made on every new connection.</param>
    public RabbitTransferQueue(
        Uri broker,
        IReadOnlyList<string> tiers,
        TransferPace pace,
        TimeProvider clock,
        ILogger<RabbitTransferQueue> logger
    )
    {
        (this.pace, this.clock, this.logger) = (pace, clock, logger);
        connection = new(broker, Declare, clock, logger);

        async Task Declare(IConnection made, CancellationToken cancel)
        {
            foreach (var tier in tiers)
                await Of(tier).Declare(made, cancel);
        }
    }

    public string? Fault => connection.Fault;

    public async Task Publish(string tier, IReadOnlyList<TransferData> transfers, CancellationToken cancel)
    {
        for (var done = 0; done < transfers.Count; )
            try
            {
                await using var channel = await (await connection.Get(cancel)).CreateChannelAsync(Confirming, cancel);
                for (; done < transfers.Count; done += PublishedAtOnce)
                    await Task.WhenAll(
                        transfers
                            .Skip(done)
                            .Take(PublishedAtOnce)
                            .Select(transfer => Send(channel, Of(tier).Key, transfer.Encode(), [], cancel))
                    );
            }
            catch (Exception fault) when (RabbitConnection.IsOutage(fault, cancel))
            {
                await Pause(fault, cancel); // the rest again: twice is harmless
            }
    }

    public async Task Consume(string tier, ITransferConsumer consumer, CancellationToken cancel)
    {
        while (true)
            try
            {
                await using var deliveries = await Deliveries.Begin(this, tier, consumer, cancel);
                await deliveries.Ended.WaitAsync(cancel);
            }
            catch (Exception fault) when (RabbitConnection.IsOutage(fault, cancel))
            {
                await Pause(fault, cancel);
            }
    }

    public Task<TransferQueueState> Read(string tier, int failedMax, CancellationToken cancel) =>
        Ask(
            async channel =>
            {
                var topology = Of(tier);
                var delayed = 0L;
                foreach (var queue in topology.DelayQueues)
                    delayed += await channel.MessageCountAsync(queue, cancel);
                var waiting = await channel.MessageCountAsync(topology.Queue, cancel);
                var failed = await channel.MessageCountAsync(topology.ErrorQueue, cancel);
                var list = await Look(channel, topology.ErrorQueue, failedMax, cancel);
                return new TransferQueueState(tier, waiting, delayed, failed, list);
            },
            cancel
        );

    public Task<long> Retry(string tier, CancellationToken cancel) =>
        Ask(
            async channel =>
            {
                var topology = Of(tier);
                var again = 0L;
                for (var left = await channel.MessageCountAsync(topology.ErrorQueue, cancel); left > 0; left--)
                {
                    if (await channel.BasicGetAsync(topology.ErrorQueue, autoAck: false, cancel) is not { } message)
                        break;
                    await Send(channel, topology.Key, message.Body, [], cancel);
                    await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancel);
                    again++;
                }
                return again;
            },
            cancel
        );

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    RabbitTopology Of(string tier) => topologies.GetOrAdd(tier, _ => new(tier, pace.Delays));

    async Task<T> Ask<T>(Func<IChannel, Task<T>> question, CancellationToken cancel)
    {
        var open = await connection.GetNow(cancel);
        try
        {
            await using var channel = await open.CreateChannelAsync(Confirming, cancel);
            return await question(channel);
        }
        catch (Exception fault) when (RabbitConnection.IsOutage(fault, cancel))
        {
            throw connection.Unavailable(fault);
        }
    }

    /// <summary>Takes messages and gives them back: there is no other way to see them.</summary>
    async Task<List<FailedTransfer>> Look(IChannel channel, string queue, int most, CancellationToken cancel)
    {
        var (seen, last) = (new List<FailedTransfer>(), 0UL);
        while (seen.Count < most && await channel.BasicGetAsync(queue, autoAck: false, cancel) is { } message)
        {
            seen.Add(FailedOf(message));
            last = message.DeliveryTag;
        }
        if (seen.Count == 0)
            return seen;
        await channel.BasicNackAsync(last, multiple: true, requeue: true, cancel);
        // The broker does that when it gets to it; who asks next is to find them there.
        var begun = clock.GetTimestamp();
        while (
            await channel.MessageCountAsync(queue, cancel) < seen.Count && clock.GetElapsedTime(begun) < GiveBackMost
        )
            await Task.Delay(TimeSpan.FromMilliseconds(10), clock, cancel);
        return seen;
    }

    async Task Pause(Exception fault, CancellationToken cancel)
    {
        connection.Report(fault);
        await Task.Delay(TimeSpan.FromMilliseconds(250), clock, cancel);
    }

    /// <summary>Returns when the broker has it on stable storage in a queue.</summary>
    static async Task Send(
        IChannel channel,
        string key,
        ReadOnlyMemory<byte> body,
        Dictionary<string, object?> headers,
        CancellationToken cancel
    ) =>
        await channel.BasicPublishAsync(
            RabbitTopology.Exchange,
            key,
            mandatory: true,
            new BasicProperties
            {
                Persistent = true,
                ContentType = "application/json",
                Headers = headers,
            },
            body,
            cancel
        );

    static FailedTransfer FailedOf(BasicGetResult message)
    {
        var headers = message.BasicProperties.Headers;
        var at = TextOf(headers, FailedAtHeader);
        return new(
            Encoding.UTF8.GetString(message.Body.Span),
            TextOf(headers, ReasonHeader) ?? "the broker gave up on it",
            at is null ? default : DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)
        );
    }

    static string? TextOf(IDictionary<string, object?>? headers, string name) =>
        headers?.TryGetValue(name, out var value) is true && value is byte[] text
            ? Encoding.UTF8.GetString(text)
            : null;

    static int AttemptOf(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(AttemptHeader, out var value) is true && value is int attempt ? attempt : 0;

    /// <summary>A tier's messages as they come, for as long as the channel lives.</summary>
    sealed class Deliveries(
        RabbitTransferQueue queue,
        IChannel channel,
        RabbitTopology topology,
        ITransferConsumer consumer,
        CancellationToken cancel
    ) : IAsyncDisposable
    {
        readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Faults when the channel is no more.</summary>
        public Task Ended => ended.Task;

        public static async Task<Deliveries> Begin(
            RabbitTransferQueue queue,
            string tier,
            ITransferConsumer consumer,
            CancellationToken cancel
        )
        {
            var (atOnce, topology) = ((ushort)queue.pace.AtOnce, queue.Of(tier));
            var open = await queue.connection.Get(cancel);
            var options = new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                consumerDispatchConcurrency: atOnce
            );
            var channel = await open.CreateChannelAsync(options, cancel);
            var deliveries = new Deliveries(queue, channel, topology, consumer, cancel);
            try
            {
                channel.ChannelShutdownAsync += deliveries.Shut;
                await channel.BasicQosAsync(prefetchSize: 0, prefetchCount: atOnce, global: false, cancel);
                var events = new AsyncEventingBasicConsumer(channel);
                events.ReceivedAsync += deliveries.Receive;
                await channel.BasicConsumeAsync(topology.Queue, autoAck: false, events, cancel);
                return deliveries;
            }
            catch
            {
                await channel.DisposeAsync();
                throw;
            }
        }

        public ValueTask DisposeAsync() => channel.DisposeAsync();

        Task Shut(object sender, ShutdownEventArgs reason)
        {
            ended.TrySetException(new IOException(reason.ReplyText));
            return Task.CompletedTask;
        }

        async Task Receive(object sender, BasicDeliverEventArgs delivery)
        {
            try
            {
                await Handle(delivery);
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, cancel);
            }
            catch (Exception fault)
            {
                // Not acknowledged: it comes again, on the next channel.
                ended.TrySetException(fault);
            }
        }

        async Task Handle(BasicDeliverEventArgs delivery)
        {
            TransferData data;
            try
            {
                data = TransferData.Decode(delivery.Body.Span);
            }
            catch (FormatException malformed)
            {
                queue.logger.TransferMalformed(topology.Queue, malformed.Message);
                await SetAside(delivery.Body.ToArray(), malformed);
                return;
            }
            try
            {
                await consumer.Transfer(data, cancel);
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested)
            {
                await Fail(data, AttemptOf(delivery.BasicProperties), fault);
            }
        }

        async Task Fail(TransferData data, int attempt, Exception fault)
        {
            if (attempt < queue.pace.Delays.Count)
            {
                var delay = queue.pace.Delays[attempt];
                consumer.Delayed(data, fault, delay);
                var headers = new Dictionary<string, object?> { [AttemptHeader] = attempt + 1 };
                await Send(channel, topology.DelayQueueOf(delay), data.Encode(), headers, cancel);
                return;
            }
            try
            {
                await consumer.GaveUp(data, fault, cancel);
            }
            catch (IOException other)
            {
                throw new InvalidOperationException(other.Message, other); // not the broker's doing
            }
            await SetAside(data.Encode(), fault);
        }

        Task SetAside(byte[] body, Exception fault) =>
            Send(
                channel,
                topology.ErrorKey,
                body,
                new() { [ReasonHeader] = fault.Message, [FailedAtHeader] = $"{queue.clock.GetUtcNow():O}" },
                cancel
            );
    }
}
