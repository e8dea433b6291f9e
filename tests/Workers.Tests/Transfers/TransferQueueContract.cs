using Varve.Domain.Contents;
using Varve.Workers.Transfers;

namespace Varve.Workers.Tests.Transfers;

/// <summary>What every transfer queue must do. One subclass an implementation; none overrides a test.</summary>
public abstract class TransferQueueContract : IAsyncLifetime
{
    protected static readonly TransferPace Pace = new(
        AtOnce: 3,
        [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100)]
    );

    static int tiers;

    /// <summary>Another for each test.</summary>
    protected string Tier { get; } = $"tier{Interlocked.Increment(ref tiers)}";

    protected ITransferQueue Queue { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract ValueTask<ITransferQueue> Open();

    /// <summary>Whoever keeps the messages goes away and comes back.</summary>
    protected abstract Task Restart();

    public async ValueTask InitializeAsync() => Queue = await Open();

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_is_published_comes_as_it_was_and_is_done_with()
    {
        var sent = Transfers(5);
        await Queue.Publish(Tier, sent, Cancel);
        Assert.Equal(5, (await Queue.Read(Tier, 9, Cancel)).Waiting);
        var consumer = new RecordingConsumer();
        await While(consumer, () => IsEmpty());
        Assert.Equal(sent.OrderBy(Key), consumer.Seen.OrderBy(Key));
    }

    [Fact]
    public async Task What_is_published_outlives_the_publisher()
    {
        await Queue.Publish(Tier, Transfers(5), Cancel);
        await Reopen();
        var consumer = new RecordingConsumer();
        await While(consumer, () => IsEmpty());
        Assert.Equal(5, consumer.Seen.Count);
    }

    [Fact]
    public async Task No_more_are_worked_on_at_once_than_the_pace_says()
    {
        var (now, most) = (0, 0);
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new RecordingConsumer(
            async (_, cancel) =>
            {
                var atOnce = Interlocked.Increment(ref now);
                InterlockedMax(ref most, atOnce);
                if (atOnce == Pace.AtOnce)
                    enough.TrySetResult();
                await enough.Task.WaitAsync(cancel);
                Interlocked.Decrement(ref now);
            }
        );
        await Queue.Publish(Tier, Transfers(20), Cancel);
        await While(consumer, () => IsEmpty());
        Assert.Equal(Pace.AtOnce, most);
    }

    [Fact]
    public async Task What_fails_comes_again_until_it_works()
    {
        var attempts = 0;
        var consumer = new RecordingConsumer(
            (_, _) =>
                Interlocked.Increment(ref attempts) <= Pace.Delays.Count
                    ? Task.FromException(new IOException("not yet"))
                    : Task.CompletedTask
        );
        await Queue.Publish(Tier, Transfers(1), Cancel);
        await While(consumer, async () => attempts > Pace.Delays.Count && await IsEmpty());
        Assert.Equal(Pace.Delays.Count + 1, consumer.Seen.Count);
        Assert.Empty(consumer.Reasons);
    }

    [Fact]
    public async Task What_fails_for_good_is_set_aside_with_the_reason_and_comes_again_when_it_is_asked_for()
    {
        var works = false;
        var consumer = new RecordingConsumer(
            (_, _) => works ? Task.CompletedTask : Task.FromException(new IOException("no room there"))
        );
        await Queue.Publish(Tier, Transfers(1), Cancel);
        await While(consumer, async () => (await Queue.Read(Tier, 9, Cancel)).Failed == 1);
        Assert.Equal(["no room there"], consumer.Reasons);
        Assert.Equal(Pace.Delays.Count + 1, consumer.Seen.Count);
        // Looking at them takes none away.
        for (var look = 0; look < 2; look++)
        {
            var failed = Assert.Single((await Queue.Read(Tier, 9, Cancel)).List);
            Assert.Equal("no room there", failed.Reason);
            Assert.Equal(Transfers(1)[0], TransferData.Decode(System.Text.Encoding.UTF8.GetBytes(failed.Message)));
            Assert.InRange(UploadWorld.Now - failed.FailedAt, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        }

        works = true;
        Assert.Equal(1, await Queue.Retry(Tier, Cancel));
        await While(consumer, () => IsEmpty());
        Assert.Equal(Pace.Delays.Count + 2, consumer.Seen.Count);
        Assert.Equal(0, await Queue.Retry(Tier, Cancel));
    }

    [Fact]
    public async Task What_was_being_worked_on_at_the_end_comes_again()
    {
        await Queue.Publish(Tier, Transfers(2), Cancel);
        var hanging = new RecordingConsumer((_, cancel) => Task.Delay(Timeout.Infinite, cancel));
        await While(hanging, () => Task.FromResult(hanging.Seen.Count == 2));
        await Reopen();
        var consumer = new RecordingConsumer();
        await While(consumer, () => IsEmpty());
        Assert.Equal(Transfers(2).OrderBy(Key), consumer.Seen.OrderBy(Key));
    }

    [Fact]
    public async Task Nothing_is_lost_when_who_keeps_the_messages_goes_away_midway()
    {
        var sent = Transfers(60);
        var consumer = new RecordingConsumer();
        await Queue.Publish(Tier, sent[..30], Cancel);
        await While(
            consumer,
            async () =>
            {
                await Condition(() => Task.FromResult(consumer.Seen.Count > 0));
                await Restart();
                return true;
            }
        );
        await Queue.Publish(Tier, sent[30..], Cancel);
        await While(consumer, () => IsEmpty());
        Assert.Equal(sent.OrderBy(Key), consumer.Seen.Distinct().OrderBy(Key));
        Assert.Null(Queue.Fault);
    }

    protected async Task Reopen()
    {
        await Queue.DisposeAsync();
        Queue = await Open();
    }

    /// <summary>Consumes until a condition holds.</summary>
    protected async Task While(ITransferConsumer consumer, Func<Task<bool>> condition)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var queue = Queue;
        var consuming = Task.Run(() => queue.Consume(Tier, consumer, stop.Token), Cancel);
        var held = Condition(condition);
        Assert.Same(held, await Task.WhenAny(held, consuming));
        await held;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consuming);
    }

    protected async Task<bool> IsEmpty() => await Queue.Read(Tier, 0, Cancel) is { Waiting: 0, Delayed: 0, Failed: 0 };

    protected static async Task Condition(Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = TimeSpan.FromMinutes(2); !await holds(); left -= timer.Period)
        {
            Assert.True(left > TimeSpan.Zero, "The condition never came to hold.");
            await timer.WaitForNextTickAsync(Cancel);
        }
    }

    protected static TransferData[] Transfers(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(number => new TransferData(
                    $"{number:x40}",
                    $"disk:volume/000001@{number * 4096}",
                    $"ceph/{number:x64}",
                    StoreType.Ceph
                )),
        ];

    static string Key(TransferData data) => data.FileHash;

    static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen; seen = Interlocked.CompareExchange(ref most, value, seen)) { }
    }
}
