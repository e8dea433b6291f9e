using System.Threading.Channels;

namespace Varve.EventStores.Tests;

public abstract partial class EventStoreContract
{
    IAsyncEnumerable<EventBatch> Subscribe(Position after, CancellationToken cancel) =>
        Store.Subscribe(after, [Prefix], cancel);

    /// <summary>The events of a subscription, until so many have come.</summary>
    static async Task<List<RecordedEvent>> Take(IAsyncEnumerable<EventBatch> subscription, int count)
    {
        var events = new List<RecordedEvent>();
        var upto = Position.Start;
        await foreach (var batch in subscription)
        {
            Assert.InRange(batch.Events.Count, 0, 1_024);
            Assert.True(batch.Upto >= upto);
            Assert.All(batch.Events, e => Assert.True(e.Position > upto && e.Position <= batch.Upto));
            upto = batch.Upto;
            events.AddRange(batch.Events);
            if (events.Count >= count)
                break;
        }
        return events;
    }

    static void AssertInOrder(int count, List<RecordedEvent> events) =>
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), events.Select(Text));

    async Task Write(int from, int to)
    {
        for (var i = from; i < to; i++)
            AssertWritten(await Append(Stream($"{i % 7}"), ExpectedRevision.Any, Event($"{i}")));
    }

    [Fact]
    public async Task A_subscription_gives_what_is_there_and_then_what_comes()
    {
        var before = await Store.Head(Cancel);
        await Write(0, 50);
        var reading = Take(Subscribe(before, Cancel), 100);
        await Write(50, 100);
        AssertInOrder(100, await reading);
    }

    [Fact]
    public async Task Subscribers_that_start_amid_writes_miss_nothing_and_get_nothing_twice()
    {
        var before = await Store.Head(Cancel);
        var writing = Task.Run(() => Write(0, 300), Cancel);
        var readers = new List<Task<List<RecordedEvent>>>();
        for (var i = 0; i < 5; i++)
        {
            readers.Add(Task.Run(() => Take(Subscribe(before, Cancel), 300), Cancel));
            await Append(Stream("other"), ExpectedRevision.Any); // some time passes
        }
        await writing;
        foreach (var events in await Task.WhenAll(readers))
            AssertInOrder(300, events);
    }

    [Fact]
    public async Task A_subscription_gives_only_streams_with_one_of_its_prefixes()
    {
        var before = await Store.Head(Cancel);
        async Task WriteEach(string data)
        {
            foreach (var name in new[] { "object-1", "objec", "bucket-1", "user-1" })
                AssertWritten(await Append(Stream(name), ExpectedRevision.Any, Event($"{name} {data}")));
        }
        await WriteEach("early");
        var prefixes = new[] { Stream("object-"), Stream("user-") };
        var reading = Take(Store.Subscribe(before, prefixes, Cancel), 4);
        await WriteEach("late");
        Assert.Equal(["object-1 early", "user-1 early", "object-1 late", "user-1 late"], (await reading).Select(Text));
    }

    [Fact]
    public async Task A_subscription_without_prefixes_gives_every_stream()
    {
        var before = await Store.Head(Cancel);
        await Write(0, 3);
        await foreach (var batch in Store.Subscribe(before, [], Cancel))
            if (batch.Events.Any(e => e.Stream == Stream("2")))
                break;
    }

    [Fact]
    public async Task The_checkpoint_moves_past_events_that_do_not_match()
    {
        var last = AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Events(3)));
        var live = AsyncWhere(Store.Subscribe(Position.Start, [Stream("none")], Cancel), upto => upto >= last);
        Assert.Empty((await live).Events);

        var after = (await live).Upto;
        var next = AsyncWhere(Store.Subscribe(after, [Stream("none")], Cancel), upto => upto > after);
        var later = AssertWritten(await Append(Stream("a"), new(2), Events(1)));
        Assert.True((await next).Upto >= later);
    }

    static async Task<EventBatch> AsyncWhere(IAsyncEnumerable<EventBatch> subscription, Func<Position, bool> reached)
    {
        await foreach (var batch in subscription)
            if (reached(batch.Upto))
                return batch;
        throw new InvalidOperationException("A subscription ended.");
    }

    [Fact]
    public async Task A_subscription_says_when_it_has_reached_the_end()
    {
        AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Events(3)));
        await foreach (var batch in Store.Subscribe(Position.Start, [], Cancel))
            if (batch.Live)
                break;
        await foreach (var batch in Store.Subscribe(await Store.Head(Cancel), [], Cancel))
            if (batch.Live) // even where there is nothing to give
                break;
    }

    [Fact]
    public async Task A_slow_subscriber_catches_up()
    {
        const int Count = 20_000;
        var before = await Store.Head(Cancel);
        await using var slow = Subscribe(before, Cancel).GetAsyncEnumerator(Cancel);
        AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Event("0")));
        var events = new List<RecordedEvent>();
        while (events.Count == 0 && await slow.MoveNextAsync())
            events.AddRange(slow.Current.Events);

        for (var i = 1; i < Count; ) // while it does nothing
        {
            var some = Enumerable.Range(i, Math.Min(500, Count - i)).Select(n => Event($"{n}")).ToArray();
            AssertWritten(await Append(Stream("a"), new(i - 1), some));
            i += some.Length;
        }
        while (events.Count < Count && await slow.MoveNextAsync())
            events.AddRange(slow.Current.Events);
        AssertInOrder(Count, events);
    }

    [Fact]
    public async Task A_cancelled_subscription_ends_with_an_exception()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var batches = Channel.CreateUnbounded<EventBatch>();
        var reading = Task.Run(
            async () =>
            {
                await foreach (var batch in Store.Subscribe(Position.Start, [Stream("none")], stop.Token))
                    batches.Writer.TryWrite(batch);
            },
            Cancel
        );
        await foreach (var batch in batches.Reader.ReadAllAsync(Cancel))
            if (batch.Live)
                break;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }
}
