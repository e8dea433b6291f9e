using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Varve.Workers.Transfers;

namespace Varve.Workers.Notifications;

/// <summary>Events by RabbitMQ: persistent, confirmed by the broker, and only taken where some queue has them. The
/// exchange and what is bound to it are the operator's.</summary>
public sealed class RabbitExchange : IEventDestination
{
    static readonly CreateChannelOptions Confirming = new(
        publisherConfirmationsEnabled: true,
        publisherConfirmationTrackingEnabled: true
    );

    readonly RabbitConnection connection;
    readonly SemaphoreSlim turn = new(1);
    readonly string exchange;
    readonly string routingKey;
    IChannel? current;

    /// <param name="name">Without the kind.</param>
    /// <param name="exchange">Empty for the broker's own, which knows queues by their names.</param>
    public RabbitExchange(
        string name,
        Uri broker,
        string exchange,
        string routingKey,
        TimeProvider clock,
        ILogger<RabbitExchange> logger
    )
    {
        (Name, this.exchange, this.routingKey) = ($"{name}:rabbitmq", exchange, routingKey);
        connection = new(broker, static (_, _) => Task.CompletedTask, clock, logger);
    }

    public string Name { get; }

    public async Task Send(EventMessage message, CancellationToken cancel)
    {
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = "application/json",
            MessageId = message.Id,
            Type = message.Event,
        };
        try
        {
            var channel = await Channel(cancel);
            await channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, message.Body, cancel);
        }
        catch (Exception fault) when (RabbitConnection.IsOutage(fault, cancel))
        {
            throw new EventNotTakenException(fault.GetBaseException().Message, fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Drop();
        await connection.DisposeAsync();
        turn.Dispose();
    }

    /// <summary>One for all: a broker closes it at the first thing that it does not like.</summary>
    async Task<IChannel> Channel(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (current is { IsOpen: true })
                return current;
            await Drop();
            return current = await (await connection.GetNow(cancel)).CreateChannelAsync(Confirming, cancel);
        }
        finally
        {
            turn.Release();
        }
    }

    async ValueTask Drop()
    {
        if (current is { } old)
            await old.DisposeAsync();
        current = null;
    }
}
