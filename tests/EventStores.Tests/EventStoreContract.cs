using System.Text;

namespace Varve.EventStores.Tests;

/// <summary>
/// What every event store must do. One subclass per adapter; none overrides a test. The store may be shared by all
/// tests and by others: each test has streams of its own, and looks only at those.
/// </summary>
public abstract partial class EventStoreContract
{
    readonly CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken
    );

    protected EventStoreContract() => patience.CancelAfter(TimeSpan.FromMinutes(1));

    protected abstract IEventStore Store { get; }

    /// <summary>A test that waits in vain ends by it.</summary>
    protected CancellationToken Cancel => patience.Token;

    /// <summary>Of this test only.</summary>
    protected string Prefix { get; } = $"test{Guid.NewGuid():N}-";

    string Stream(string name) => Prefix + name;

    protected static NewEvent Event(string data) =>
        new(Guid.NewGuid(), "Tested", Encoding.UTF8.GetBytes(data), Encoding.UTF8.GetBytes("""{"by":"a test"}"""));

    protected static NewEvent[] Events(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Event($$"""{"n":{{i}}}"""))];

    protected static string Text(RecordedEvent recorded) => Encoding.UTF8.GetString(recorded.Data.Span);

    protected ValueTask<AppendResult> Append(string stream, ExpectedRevision expected, params NewEvent[] events) =>
        Store.Append([new(stream, expected, events)], Cancel);

    protected async Task<RecordedEvent[]> Read(string stream) =>
        await Store.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, Cancel).ToArrayAsync(Cancel);

    protected static void AssertRefused(AppendResult result, string stream, ExpectedRevision expected, long actual)
    {
        Assert.Equal(new WrongExpectedRevision(stream, expected, actual), result.Conflict);
        Assert.Null(result.Position);
    }

    protected static Position AssertWritten(AppendResult result)
    {
        Assert.Null(result.Conflict);
        return Assert.NotNull(result.Position);
    }

    [Theory]
    [InlineData(0, -1, true), InlineData(0, -2, true), InlineData(0, -4, false), InlineData(0, 0, false)]
    [InlineData(3, -1, false), InlineData(3, -2, true), InlineData(3, -4, true)]
    [InlineData(3, 1, false), InlineData(3, 2, true), InlineData(3, 3, false)]
    public async Task An_expectation_holds_or_the_append_is_refused(int events, long expected, bool holds)
    {
        var stream = Stream("a");
        if (events > 0)
            AssertWritten(await Append(stream, ExpectedRevision.NoStream, Events(events)));

        var result = await Append(stream, new(expected), Event("one more"));

        if (holds)
            AssertWritten(result);
        else
            AssertRefused(result, stream, new(expected), actual: events - 1);
        Assert.Equal(events + (holds ? 1 : 0), (await Read(stream)).Length);
    }

    [Fact]
    public async Task Of_twenty_racing_writers_exactly_one_wins()
    {
        var stream = Stream("a");
        var appends = Enumerable
            .Range(0, 20)
            .Select(i => Task.Run(() => Append(stream, ExpectedRevision.NoStream, Event($"{i}")).AsTask(), Cancel));
        var results = await Task.WhenAll(appends);

        Assert.Single(results, result => result.Position is not null);
        Assert.All(
            results.Where(result => result.Position is null),
            result => Assert.Equal(0, result.Conflict?.Actual)
        );
        Assert.Single(await Read(stream));
    }

    [Fact]
    public async Task Writers_that_try_again_until_they_win_lose_nothing()
    {
        var stream = Stream("a");
        async Task AddTen(int writer)
        {
            var revision = ExpectedRevision.NoStream;
            for (var i = 0; i < 10; )
            {
                var result = await Append(stream, revision, Event($"{writer}.{i}"));
                revision = new(result.Conflict?.Actual ?? revision.Value + 1);
                i += result.Conflict is null ? 1 : 0;
            }
        }
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => AddTen(writer), Cancel)));

        var stored = await Read(stream);
        Assert.Equal(Enumerable.Range(0, 80).Select(i => (long)i), stored.Select(e => e.Revision));
        Assert.Equal(80, stored.Select(Text).Distinct().Count());
    }

    [Fact]
    public async Task The_same_append_again_is_answered_as_before_and_stored_once()
    {
        var stream = Stream("a");
        var (first, second) = (Events(3), Events(2));
        var position = AssertWritten(await Append(stream, ExpectedRevision.NoStream, first));
        var next = AssertWritten(await Append(stream, new(2), second));

        Assert.Equal(position, AssertWritten(await Append(stream, ExpectedRevision.NoStream, first)));
        Assert.Equal(next, AssertWritten(await Append(stream, new(2), second)));
        Assert.Equal(5, (await Read(stream)).Length);
    }

    [Fact]
    public async Task An_append_that_is_only_partly_there_is_a_conflict()
    {
        var stream = Stream("a");
        var events = Events(3);
        AssertWritten(await Append(stream, ExpectedRevision.NoStream, events[..2]));

        AssertRefused(await Append(stream, ExpectedRevision.NoStream, events), stream, ExpectedRevision.NoStream, 1);
        AssertRefused(
            await Append(stream, ExpectedRevision.NoStream, events[1], events[0]),
            stream,
            ExpectedRevision.NoStream,
            1
        );
        Assert.Equal(2, (await Read(stream)).Length);
    }

    [Fact]
    public async Task Several_streams_are_written_by_one_append()
    {
        var appends = new[] { Stream("b"), Stream("a"), Stream("c") }
            .Select(stream => new StreamAppend(stream, ExpectedRevision.NoStream, Events(2)))
            .ToArray();
        var position = AssertWritten(await Store.Append(appends, Cancel));

        foreach (var append in appends)
            Assert.Equal(append.Events.Select(e => e.Id), (await Read(append.Stream)).Select(e => e.Id));
        Assert.Equal(position, (await Read(Stream("c")))[^1].Position);
        Assert.Equal(position, AssertWritten(await Store.Append(appends, Cancel))); // again: nothing new
        Assert.Equal(2, (await Read(Stream("b"))).Length);
    }

    [Fact]
    public async Task A_conflict_in_the_first_stream_leaves_the_others_unwritten()
    {
        AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Event("there")));
        var result = await Store.Append(
            [
                new(Stream("a"), ExpectedRevision.NoStream, Events(1)),
                new(Stream("b"), ExpectedRevision.NoStream, Events(1)),
            ],
            Cancel
        );
        AssertRefused(result, Stream("a"), ExpectedRevision.NoStream, actual: 0);
        Assert.Empty(await Read(Stream("b")));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_condition_on_another_stream_is_kept(bool holds)
    {
        if (holds)
            AssertWritten(await Append(Stream("bucket"), ExpectedRevision.NoStream, Event("made")));
        var result = await Store.Append(
            [
                new(Stream("bucket"), ExpectedRevision.Exists, []),
                new(Stream("object"), ExpectedRevision.NoStream, Events(1)),
            ],
            Cancel
        );
        if (holds)
            AssertWritten(result);
        else
            AssertRefused(result, Stream("bucket"), ExpectedRevision.Exists, actual: -1);
        Assert.Equal(holds ? 1 : 0, (await Read(Stream("object"))).Length);
        Assert.Equal(holds ? 1 : 0, (await Read(Stream("bucket"))).Length);
    }

    [Fact]
    public async Task Conditions_alone_are_checked_and_write_nothing()
    {
        var written = AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Events(2)));
        var head = AssertWritten(await Append(Stream("a"), new(1)));
        Assert.True(head >= written);
        AssertRefused(await Append(Stream("a"), new(0)), Stream("a"), new(0), actual: 1);
        AssertRefused(await Append(Stream("b"), ExpectedRevision.Exists), Stream("b"), ExpectedRevision.Exists, -1);
        Assert.Equal(2, (await Read(Stream("a"))).Length);
        Assert.Empty(await Read(Stream("b")));
    }

    [Fact]
    public async Task What_is_outside_the_limits_is_an_argument_exception()
    {
        Task Refused(params StreamAppend[] appends) =>
            Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.Append(appends, Cancel));
        var any = ExpectedRevision.Any;
        await Refused();
        await Refused(new StreamAppend("", any, Events(1)));
        await Refused(new StreamAppend(new string('s', StreamAppend.StreamBytesMax + 1), any, Events(1)));
        await Refused(new StreamAppend(Stream("\ud800"), any, Events(1)));
        await Refused(new(Stream("a"), any, Events(1)), new(Stream("a"), any, Events(1)));
        var tooLarge = Event("") with { Data = new byte[NewEvent.DataBytesMax + 1] };
        await Refused(new StreamAppend(Stream("a"), any, [tooLarge]));
        await Refused(new StreamAppend(Stream("a"), any, [Event("") with { Type = "" }]));
        Assert.Empty(await Read(Stream("a")));
    }

    [Fact]
    public async Task A_cancelled_append_stops_waiting()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.Append([new(Stream("a"), ExpectedRevision.Any, Events(1))], new(canceled: true))
        );
    }
}
