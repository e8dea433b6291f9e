using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

/// <summary>The contract once more: written by the store, read as another process reads.</summary>
public sealed class EmbeddedEventLogTests : EventStoreContract, IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    readonly EmbeddedEventStore written;
    readonly EmbeddedEventLog read;

    public EmbeddedEventLogTests()
    {
        written = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);
        read = EmbeddedEventLog.Open(folder.Path, TimeProvider.System);
        Store = new WrittenHereReadThere(written, read);
    }

    protected override IEventStore Store { get; }

    [Fact]
    public async Task The_log_is_read_after_its_writer_is_gone_too()
    {
        var position = AssertWritten(await Append(Prefix, ExpectedRevision.NoStream, Events(3)));
        await read.DisposeAsync();
        await written.DisposeAsync();
        await using var later = EmbeddedEventLog.Open(folder.Path, TimeProvider.System);
        Assert.Equal(position, await later.Head(Cancel));
        Assert.Equal(3, await later.ReadStream(Prefix, Direction.Forwards, 0, 10, Cancel).CountAsync(Cancel));
    }

    [Fact]
    public void Where_there_is_no_log_none_is_made()
    {
        using var empty = new TemporaryFolder();
        Assert.Throws<EventStoreUnavailableException>(() => EmbeddedEventLog.Open(empty.Path, TimeProvider.System));
        Assert.Empty(Directory.GetFileSystemEntries(empty.Path));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await read.DisposeAsync();
        await written.DisposeAsync();
        folder.Dispose();
    }

    sealed class WrittenHereReadThere(IEventStore written, IEventLog read) : IEventStore
    {
        public ValueTask<AppendResult> Append(IReadOnlyList<StreamAppend> appends, CancellationToken cancel) =>
            written.Append(appends, cancel);

        public IAsyncEnumerable<RecordedEvent> ReadStream(
            string stream,
            Direction direction,
            long from,
            long max,
            CancellationToken cancel
        ) => read.ReadStream(stream, direction, from, max, cancel);

        public IAsyncEnumerable<RecordedEvent> ReadAll(
            Direction direction,
            Position from,
            long max,
            CancellationToken cancel
        ) => read.ReadAll(direction, from, max, cancel);

        public IAsyncEnumerable<EventBatch> Subscribe(
            Position after,
            IReadOnlyList<string> streamPrefixes,
            CancellationToken cancel
        ) => read.Subscribe(after, streamPrefixes, cancel);

        public ValueTask<Position> Head(CancellationToken cancel) => read.Head(cancel);
    }
}
