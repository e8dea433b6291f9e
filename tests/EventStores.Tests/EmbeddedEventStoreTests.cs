using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

/// <summary>What only the embedded store promises: atomic appends, few commits, and that files survive what
/// happens.</summary>
[Collection(nameof(Alone))]
public sealed class EmbeddedEventStoreTests : IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    EmbeddedEventStore store;

    public EmbeddedEventStoreTests() => store = Open(folder.Path);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }

    static EmbeddedEventStore Open(string folder) =>
        EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);

    string LogFile(string name) => Path.Combine(folder.Path, "log", name);

    static NewEvent Event(string data) => new(Guid.NewGuid(), "Tested", Encoding.UTF8.GetBytes(data), default);

    Task<AppendResult> Append(string stream, string data) =>
        store.Append([new(stream, ExpectedRevision.Any, [Event(data)])], Cancel).AsTask();

    static async Task<List<(string Stream, long Revision, Guid Id)>> All(EmbeddedEventStore store) =>
        await store
            .ReadAll(Direction.Forwards, Position.Start, long.MaxValue, Cancel)
            .Select(e => (e.Stream, e.Revision, e.Id))
            .ToListAsync(Cancel);

    [Fact]
    public async Task A_conflict_in_any_stream_leaves_all_unwritten()
    {
        await Append("b", "there");
        var result = await store.Append(
            [
                new("a", ExpectedRevision.NoStream, [Event("1")]),
                new("b", ExpectedRevision.NoStream, [Event("2")]),
                new("c", ExpectedRevision.Exists, []),
            ],
            Cancel
        );
        Assert.Equal(new("b", ExpectedRevision.NoStream, 0), result.Conflict);
        Assert.Equal([("b", 0L)], (await All(store)).Select(e => (e.Stream, e.Revision)));
    }

    [Fact]
    public void A_lone_append_is_committed_on_its_callers_thread()
    {
        for (var i = 0; i < 10; i++)
            Assert.True(Append("s", $"{i}").IsCompletedSuccessfully);
        Assert.Equal(10, store.Commits);
    }

    [Fact]
    public async Task Appends_that_wait_together_are_committed_together()
    {
        var held = await HeldAppend.Start(store);
        var appends = Enumerable.Range(0, 640).Select(i => Append($"s{i}", "x")).ToArray();
        await held.Release();
        await Task.WhenAll(appends);
        Assert.InRange(store.Commits, 2, 6);
        Assert.Equal(641, store.EventsAppended);
    }

    [Fact]
    public async Task Writers_beside_each_other_share_their_commits()
    {
        var held = await HeldAppend.Start(store);
        var writers = Enumerable
            .Range(0, 64)
            .Select(async writer =>
            {
                for (var i = 0; i < 10; i++)
                    await Append($"s{writer}", "x");
            })
            .ToArray();
        await held.Release();
        await Task.WhenAll(writers);
        Assert.Equal(641, store.EventsAppended);
        Assert.InRange(store.Commits, 2, 64);
    }

    [Fact]
    public async Task An_append_sees_those_before_it_in_the_same_commit()
    {
        var held = await HeldAppend.Start(store);
        Task<AppendResult> Expecting(long revision) =>
            store.Append([new("a", new(revision), [Event("x")])], Cancel).AsTask();
        Task<AppendResult>[] appends = [Expecting(-1), Expecting(-1), Expecting(0), Expecting(5), Expecting(1)];
        await held.Release();
        var results = await Task.WhenAll(appends);
        Assert.Equal([null, 0, null, 1, null], results.Select(result => result.Conflict?.Actual));
        Assert.Equal([2, null, 3, null, 4], results.Select(result => result.Position?.Value));
    }

    [Fact]
    public async Task Refused_and_repeated_appends_cost_no_commit()
    {
        var append = new StreamAppend("a", ExpectedRevision.NoStream, [Event("x")]);
        await store.Append([append], Cancel);
        await store.Append([append], Cancel);
        await store.Append([append with { Events = [Event("y")] }], Cancel);
        await store.Append([new("a", new(0), [])], Cancel);
        Assert.Equal((1, 1), (store.Commits, store.EventsAppended));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Append($"s{i % 90}", $"{i}")));
        var (before, head) = (await All(store), await store.Head(Cancel));
        await store.DisposeAsync();
        Assert.False(File.Exists(LogFile("events.db-wal"))); // all of it is in the one file

        store = Open(folder.Path);
        Assert.Equal(before, await All(store));
        Assert.Equal(head, await store.Head(Cancel));
        Assert.Equal(head.Value + 1, (await Append("s0", "more")).Position?.Value);
    }

    [Fact]
    public async Task A_copy_of_the_files_amid_writes_opens_as_the_log_was_then()
    {
        using var stop = new CancellationTokenSource();
        var writers = Enumerable
            .Range(0, 8)
            .Select(writer =>
                Task.Run(
                    async () =>
                    {
                        while (!stop.IsCancellationRequested)
                            await store.Append(
                                [
                                    new($"a{Guid.NewGuid()}", ExpectedRevision.NoStream, [Event("x"), Event("y")]),
                                    new($"b{writer}", ExpectedRevision.Any, [Event("z")]),
                                ],
                                Cancel
                            );
                    },
                    Cancel
                )
            )
            .ToArray();
        var copies = new List<(TemporaryFolder Folder, Position Acknowledged)>();
        while (copies.Count < 4)
        {
            var now = await store.Head(Cancel);
            await foreach (var batch in store.Subscribe(now, [], Cancel))
                if (batch.Upto.Value > now.Value + 300)
                    break;
            copies.Add((new TemporaryFolder(), await store.Head(Cancel)));
            var log = Directory.CreateDirectory(Path.Combine(copies[^1].Folder.Path, "log")).FullName;
            foreach (var file in new[] { "events.db", "events.db-wal" })
                File.Copy(LogFile(file), Path.Combine(log, file));
        }
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        var whole = await All(store);
        foreach (var (copy, acknowledged) in copies)
        {
            await using (var then = Open(copy.Path))
            {
                var events = await All(then);
                Assert.True(events.Count >= acknowledged.Value);
                Assert.Equal(0, events.Count % 3); // appends are whole
                Assert.Equal(whole[..events.Count], events);
            }
            copy.Dispose();
        }
    }

    [Fact]
    public async Task Facts_reach_live_subscribers_and_are_not_stored()
    {
        var fact = new object();
        await using var live = store.Subscribe(Position.Start, [], Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await live.MoveNextAsync());
        Assert.Empty(live.Current.Events);
        await store.Append([new("a", ExpectedRevision.NoStream, [Event("x") with { Fact = fact }])], Cancel);
        Assert.True(await live.MoveNextAsync());
        Assert.Same(fact, Assert.Single(live.Current.Events).Fact);

        await store.DisposeAsync();
        store = Open(folder.Path);
        await foreach (var batch in store.Subscribe(Position.Start, [], Cancel))
        {
            Assert.Null(Assert.Single(batch.Events).Fact);
            break;
        }
    }

    [Fact]
    public async Task A_subscriber_that_sleeps_costs_no_memory()
    {
        await using var sleeper = store.Subscribe(Position.Start, [], Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await sleeper.MoveNextAsync());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100; i++)
            await store.Append([new("a", new(i - 1), [Event(new string('x', NewEvent.DataBytesMax))])], Cancel);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 40 << 20);

        var (bytes, largest) = (0L, 0L);
        while (bytes < 100L << 20 && await sleeper.MoveNextAsync())
        {
            var batch = sleeper.Current.Events.Sum(e => (long)e.Data.Length);
            (bytes, largest) = (bytes + batch, Math.Max(largest, batch));
        }
        Assert.InRange(largest, 1, 5 << 20);
        Assert.InRange(new FileInfo(LogFile("events.db-wal")).Length, 1, 64 << 20);
    }
}

/// <summary>Not beside other tests: what is measured is the whole process's.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
