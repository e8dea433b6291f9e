using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;
using Varve.EventStores.Lines;
using Varve.EventStores.Moving;
using Varve.EventStores.Tests.EventStoreDb;

namespace Varve.EventStores.Tests;

public sealed class LogCopyTests : IAsyncLifetime
{
    readonly TemporaryFolder from = new();
    readonly TemporaryFolder to = new();
    readonly OpenNode node = new();
    EmbeddedEventStore source = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await node.InitializeAsync();
        source = Open(from);
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var stream = $"object-b/{random.Next(40)}";
            var @event = new NewEvent(
                Guid.NewGuid(),
                "Tested",
                Encoding.UTF8.GetBytes($$"""{"n":{{i}},"text":"漢\n"}"""),
                i % 3 == 0 ? default : "{}"u8.ToArray()
            )
            {
                IsJson = i % 7 != 0,
            };
            var streams = new StreamAppend[]
            {
                new(stream, ExpectedRevision.Any, [@event, @event with { Id = Guid.NewGuid() }]),
            };
            await source.Append(streams, Cancel);
        }
        await source.Append(
            [new("$server", ExpectedRevision.Any, [new(Guid.NewGuid(), "$own", default, default)])],
            Cancel
        );
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await node.DisposeAsync();
        from.Dispose();
        to.Dispose();
    }

    static EmbeddedEventStore Open(TemporaryFolder folder) =>
        EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task A_log_goes_to_another_store_and_back()
    {
        var there = new LogCopy(new StoredLog(source), node.Store, streamsAtOnce: 1);
        Assert.Equal(600, await there.Run(progress: null, Cancel));
        Assert.Equal(600, await there.Verify(progress: null, Cancel));
        Assert.Equal(0, await there.Run(progress: null, Cancel));

        await using var returned = Open(to);
        var back = new LogCopy(new StoredLog(node.Store), returned, streamsAtOnce: 100);
        Assert.Equal(600, await back.Run(progress: null, Cancel));
        var home = new LogCopy(new StoredLog(source), returned, streamsAtOnce: 100);
        Assert.Equal(600, await home.Verify(progress: null, Cancel));
    }

    [Theory, InlineData(1), InlineData(100)]
    public async Task A_copy_that_was_cut_goes_on(int streamsAtOnce)
    {
        await using var target = Open(to);
        for (var cut = 1; cut <= 600; cut += 173)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var broken = new LogCopy(new CutSource(new StoredLog(source), cut), target, streamsAtOnce);
            await Assert.ThrowsAsync<IOException>(() => broken.Run(progress: null, Cancel));
        }
        var copy = new LogCopy(new StoredLog(source), target, streamsAtOnce);
        await copy.Run(progress: null, Cancel);
        Assert.Equal(600, await copy.Verify(progress: null, Cancel));
    }

    [Fact]
    public async Task A_target_that_holds_something_else_is_left_alone()
    {
        await using var target = Open(to);
        await target.Append(
            [new("object-b/1", ExpectedRevision.NoStream, [new(Guid.NewGuid(), "T", default, default)])],
            Cancel
        );
        var copy = new LogCopy(new StoredLog(source), target, streamsAtOnce: 100);
        await Assert.ThrowsAsync<LogsDifferException>(() => copy.Run(progress: null, Cancel));
        Assert.Equal(1, (await target.Head(Cancel)).Value);
        await Assert.ThrowsAsync<LogsDifferException>(() => copy.Verify(progress: null, Cancel));
    }

    [Fact]
    public async Task A_file_of_lines_is_a_log_and_a_line_that_was_cut_is_cut_off()
    {
        var path = Path.Combine(to.Path, "log.jsonl");
        var gathered = new System.Buffers.ArrayBufferWriter<byte>();
        await using (var writer = EventLine.Writer(gathered))
            await foreach (var recorded in source.ReadAll(Direction.Forwards, Position.Start, 600, Cancel))
                EventLine.Write(writer, gathered, recorded);
        await File.WriteAllBytesAsync(path, [.. gathered.WrittenSpan, .. "{\"position\":"u8], Cancel);

        var file = new EventFile(path);
        Assert.Equal(new Position(600), file.Last()?.Position);
        Assert.Equal(gathered.WrittenCount, new FileInfo(path).Length);
        await using var target = Open(to);
        var copy = new LogCopy(file, target, streamsAtOnce: 100);
        Assert.Equal(600, await copy.Run(progress: null, Cancel));
        Assert.Equal(600, await copy.Verify(progress: null, Cancel));
        Assert.Equal(0, await copy.Run(progress: null, Cancel));
        await File.AppendAllTextAsync(path, "not an event\n", Cancel);
        Assert.Throws<FormatException>(() => file.Last());
        await Assert.ThrowsAsync<FormatException>(() => copy.Run(progress: null, Cancel));
    }

    /// <summary>Ends with a fault after so many events.</summary>
    sealed class CutSource(ILogSource whole, int after) : ILogSource
    {
        public ValueTask<Position> Head(CancellationToken cancel) => whole.Head(cancel);

        public async IAsyncEnumerable<RecordedEvent> After(
            Position position,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
        )
        {
            var left = after;
            await foreach (var recorded in whole.After(position, cancel))
            {
                if (recorded.Position.Value > after || left-- == 0)
                    throw new IOException("cut");
                yield return recorded;
            }
        }

        public ValueTask<RecordedEvent?> Find(string stream, long revision, CancellationToken cancel) =>
            whole.Find(stream, revision, cancel);
    }
}
