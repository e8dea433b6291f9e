using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Varve.Services;
using Varve.Workers.Notifications;

namespace Varve.Workers.Tests.Notifications;

[Collection(nameof(RabbitMq))] // both restart it
public sealed class RabbitExchangeTests(RabbitMq rabbit) : IAsyncLifetime
{
    readonly string queue = $"events-{Guid.NewGuid():N}";
    ToldBucket bucket = null!;
    RabbitExchange destination = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        bucket = await ToldBucket.Make();
        destination = new(
            "mine",
            rabbit.Url,
            exchange: "",
            routingKey: queue,
            TimeProvider.System,
            NullLogger<RabbitExchange>.Instance
        );
        await bucket.Tell("mine:rabbitmq");
    }

    public async ValueTask DisposeAsync()
    {
        await destination.DisposeAsync();
        await bucket.DisposeAsync();
    }

    [Fact]
    public async Task Events_wait_for_a_queue_and_outlive_the_broker()
    {
        await using var working = bucket.Run(destination);
        await bucket.Put("early"); // nothing is bound yet: the broker gives it back
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => bucket.Put($"k{i}")));
        await using (var connection = await Connect())
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Cancel))
            await channel.QueueDeclareAsync(
                queue,
                durable: true,
                exclusive: false,
                autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum" },
                cancellationToken: Cancel
            );
        var seen = await Read(keys => keys.Distinct().Count() == 11);
        Assert.Contains("early", seen);

        await rabbit.Restart();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => bucket.Put($"after{i}")));
        seen = await Read(keys =>
            keys.Where(key => key.StartsWith("after", StringComparison.Ordinal)).Distinct().Count() == 10
        );
        Assert.DoesNotContain("early", seen);
    }

    /// <summary>Takes messages out of the queue until they are what is waited for.</summary>
    async Task<List<string>> Read(Func<List<string>, bool> enough)
    {
        var keys = new List<string>();
        await using var connection = await Connect();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        while (!enough(keys))
        {
            if (await channel.BasicGetAsync(queue, autoAck: true, Cancel) is not { } message)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), Cancel);
                continue;
            }
            Assert.Equal("application/json", message.BasicProperties.ContentType);
            Assert.Equal(DeliveryModes.Persistent, message.BasicProperties.DeliveryMode);
            Assert.Equal(32, message.BasicProperties.MessageId!.Length);
            using var body = JsonDocument.Parse(message.Body);
            if (HookServer.IsRecord(body.RootElement))
                keys.Add(
                    HookServer
                        .Record(body.RootElement)
                        .GetProperty("s3")
                        .GetProperty("object")
                        .GetProperty("key")
                        .GetString()!
                );
        }
        return keys;
    }

    Task<IConnection> Connect() => new ConnectionFactory { Uri = rabbit.Url }.CreateConnectionAsync(Cancel);
}
