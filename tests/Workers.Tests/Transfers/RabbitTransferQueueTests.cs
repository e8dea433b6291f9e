using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Varve.Services;
using Varve.Workers.Transfers;

[assembly: AssemblyFixture(typeof(RabbitMq))]

namespace Varve.Workers.Tests.Transfers;

[Collection(nameof(RabbitMq))] // both restart it
public sealed class RabbitTransferQueueTests(RabbitMq rabbit) : TransferQueueContract
{
    protected override ValueTask<ITransferQueue> Open() =>
        new(
            new RabbitTransferQueue(
                rabbit.Url,
                [Tier],
                Pace,
                TimeProvider.System,
                NullLogger<RabbitTransferQueue>.Instance
            )
        );

    protected override Task Restart() => rabbit.Restart();

    [Fact]
    public async Task Names_and_message_are_as_documented()
    {
        await Queue.Publish(Tier, Transfers(1), Cancel);
        var queues = await rabbit.Control("list_queues", "name", "type", "durable");
        foreach (var queue in (string[])["", ".err", ".retry.50", ".retry.100"])
            Assert.Contains($"uploadserver.trans.{Tier}{queue}\tquorum\ttrue", queues, StringComparison.Ordinal);
        var exchanges = await rabbit.Control("list_exchanges", "name", "type", "durable");
        Assert.Contains("uploadserver.trans\tdirect\ttrue", exchanges, StringComparison.Ordinal);

        await using var channel = await Channel();
        var message = await channel.BasicGetAsync($"uploadserver.trans.{Tier}", autoAck: true, Cancel);
        Assert.Equal((Tier, DeliveryModes.Persistent), (message!.RoutingKey, message.BasicProperties.DeliveryMode));
        using var json = JsonDocument.Parse(message.Body);
        Assert.Equal(
            ["FileHash", "CurLocation", "DestLocation", "DestStoreType"],
            json.RootElement.EnumerateObject().Select(field => field.Name)
        );
        Assert.Equal(2, json.RootElement.GetProperty("DestStoreType").GetInt32());
    }

    [Theory]
    [InlineData("not json", "invalid")]
    [InlineData("{}", "FileHash")]
    [InlineData(
        """{"FileHash":"da","CurLocation":"disk:x","DestLocation":"ceph/da","DestStoreType":2}""",
        "DestLocation"
    )]
    public async Task A_malformed_message_is_set_aside_at_once(string body, string reason)
    {
        Assert.True(await IsEmpty()); // the queues are there from now on
        await using var channel = await Channel();
        await channel.BasicPublishAsync("uploadserver.trans", Tier, Encoding.UTF8.GetBytes(body), Cancel);
        var consumer = new RecordingConsumer();
        await While(consumer, async () => (await Queue.Read(Tier, 9, Cancel)).Failed == 1);
        Assert.Empty(consumer.Seen);
        var failed = Assert.Single((await Queue.Read(Tier, 9, Cancel)).List);
        Assert.Equal(body, failed.Message);
        Assert.Contains(reason, failed.Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_queue_that_is_there_and_made_otherwise_is_used()
    {
        var other = Tier + "classic";
        await using (var channel = await Channel())
            await channel.QueueDeclareAsync(
                $"uploadserver.trans.{other}",
                durable: true,
                exclusive: false,
                autoDelete: false,
                cancellationToken: Cancel
            );
        await using var queue = new RabbitTransferQueue(
            rabbit.Url,
            [other],
            Pace,
            TimeProvider.System,
            NullLogger<RabbitTransferQueue>.Instance
        );
        await queue.Publish(other, Transfers(3), Cancel);
        Assert.Equal(3, (await queue.Read(other, 9, Cancel)).Waiting);
    }

    [Fact]
    public async Task A_broker_that_is_down_is_waited_for_also_at_the_start_and_it_is_to_be_seen()
    {
        await Queue.Publish(Tier, Transfers(1), Cancel);
        await rabbit.Stop();
        await Reopen();
        var publishing = Queue.Publish(Tier, Transfers(2), Cancel);
        await Condition(() => Task.FromResult(Queue.Fault is not null));
        await Assert.ThrowsAsync<TransferQueueUnavailableException>(() => Queue.Read(Tier, 9, Cancel));
        Assert.False(publishing.IsCompleted);

        await rabbit.Restart();
        await publishing;
        Assert.Null(Queue.Fault);
        Assert.Equal(3, (await Queue.Read(Tier, 9, Cancel)).Waiting);
    }

    /// <summary>Of a client that knows nothing of Varve.</summary>
    async Task<IChannel> Channel()
    {
        var factory = new ConnectionFactory { Uri = rabbit.Url };
        var connection = await factory.CreateConnectionAsync(Cancel);
        return await connection.CreateChannelAsync(new(true, true), Cancel);
    }
}
