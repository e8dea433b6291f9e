using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.EventStores;

namespace Varve.Workers.Tests;

public sealed class AppendFinisherTests : IAsyncDisposable
{
    readonly UploadWorld world = new();
    readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken
    );

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await world.DisposeAsync();
        stop.Dispose();
    }

    static NewEvent Event(int number, string metadata = """{"by":"ana","version":1}""") =>
        new(
            Guid.NewGuid(),
            "Tested",
            Encoding.UTF8.GetBytes($$"""{"n":{{number}}}"""),
            Encoding.UTF8.GetBytes(metadata)
        );

    static StreamAppend[] Three() =>
        [
            new("first", ExpectedRevision.NoStream, [Event(0), Event(1)]),
            new("second", ExpectedRevision.NoStream, [Event(2)]),
            new("third", ExpectedRevision.NoStream, [Event(3), Event(4, """{"by":"ana","version":2}""")]),
        ];

    Task Start() =>
        new AppendFinisher(
            world.Events,
            new FilePlaces(world.Folder),
            TimeProvider.System,
            NullLogger<AppendFinisher>.Instance
        )
        {
            Grace = TimeSpan.FromMilliseconds(100),
        }.Run(stop.Token);

    async Task<RecordedEvent[]> Read(string stream) =>
        await world.Events.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, Cancel).ToArrayAsync(Cancel);

    async Task<RecordedEvent> NextOf(string stream)
    {
        await foreach (var batch in world.Events.Subscribe(Position.Start, [stream], Cancel))
            if (batch.Events is [.., var last])
                return last;
        throw new InvalidOperationException("A subscription never ends.");
    }

    [Fact]
    public void What_is_to_follow_is_written_in_the_first_event_and_read_back()
    {
        var three = Three();
        var carried = AppendRest.CarriedBy(three[0], three[1..]).Events[0];
        var recorded = new RecordedEvent(
            "first",
            0,
            new(1),
            carried.Id,
            carried.Type,
            DateTimeOffset.UnixEpoch,
            carried.Data,
            carried.Metadata
        );
        var rest = AppendRest.Of(recorded);
        Assert.Equal(["second", "third"], rest.Select(append => append.Stream));
        foreach (var (read, written) in rest.Zip(three[1..]))
        {
            Assert.Equal(written.Expected, read.Expected);
            Assert.Equal(written.Events.Select(e => e.Id), read.Events.Select(e => e.Id));
            Assert.Equal(written.Events.Select(Text), read.Events.Select(Text));
        }
        static string Text(NewEvent e) =>
            $"{e.Type} {Encoding.UTF8.GetString(e.Data.Span)} {Encoding.UTF8.GetString(e.Metadata.Span)}";
    }

    [Theory, InlineData(""), InlineData("[1]"), InlineData("""{"rest":[1]}"""), InlineData("""{"a":{"rest":[]}}""")]
    public void Foreign_metadata_says_nothing(string metadata)
    {
        var recorded = new RecordedEvent(
            "x",
            0,
            new(1),
            Guid.NewGuid(),
            "T",
            DateTimeOffset.UnixEpoch,
            default,
            Encoding.UTF8.GetBytes(metadata)
        );
        Assert.Empty(AppendRest.Of(recorded));
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task An_append_that_was_cut_is_finished(int done)
    {
        var three = Three();
        await world.Events.Append([AppendRest.CarriedBy(three[0], three[1..])], Cancel);
        foreach (var append in three[1..done])
            await world.Events.Append([append], Cancel);
        var running = Start();
        await NextOf("third");
        Assert.Equal(three[1].Events[0].Id, Assert.Single(await Read("second")).Id);
        var third = await Read("third");
        Assert.Equal(three[2].Events.Select(e => e.Id), third.Select(e => e.Id));
        Assert.Equal(2, EventMetadata.VersionOf(third[1].Metadata.Span));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_stream_that_has_gone_on_is_left_alone_and_the_rest_is_finished()
    {
        var three = Three();
        await world.Events.Append([AppendRest.CarriedBy(three[0], three[1..])], Cancel);
        await world.Events.Append([new("second", ExpectedRevision.NoStream, [Event(9)])], Cancel);
        var running = Start();
        await NextOf("third");
        Assert.NotEqual(three[1].Events[0].Id, Assert.Single(await Read("second")).Id);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task What_was_finished_is_not_looked_at_again()
    {
        var three = Three();
        await world.Events.Append([AppendRest.CarriedBy(three[0], three[1..])], Cancel);
        var running = Start();
        await NextOf("third");
        var file = Path.Combine(world.Folder, "finisher.position");
        var head = (await world.Events.Head(Cancel)).Value;
        while (!File.Exists(file) || long.Parse(await File.ReadAllTextAsync(file, Cancel)) < head)
            await Task.Delay(10, Cancel);
        await stop.CancelAsync();
        await running;
        Assert.Equal(5, head);
    }
}
