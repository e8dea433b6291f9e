namespace Varve.EventStores.Embedded;

/// <summary>The log of a data folder, to look into: the server that owns it may run meanwhile. Thread-safe.</summary>
public sealed class EmbeddedLogFile : IDisposable
{
    readonly ReaderPool readers;

    EmbeddedLogFile(string path) => readers = new(path);

    /// <param name="folder">The data folder; the log is in its subfolder <c>log</c>.</param>
    /// <exception cref="EventStoreUnavailableException">There is no log.</exception>
    public static EmbeddedLogFile Open(string folder)
    {
        var path = Path.GetFullPath(Path.Combine(folder, "log", "events.db"));
        return File.Exists(path)
            ? new(path)
            : throw new EventStoreUnavailableException($"There is no log in '{Path.GetFullPath(folder)}'.");
    }

    /// <inheritdoc cref="IEventStore.ReadStream"/>
    public IAsyncEnumerable<RecordedEvent> ReadStream(
        string stream,
        Direction direction,
        long from,
        long max,
        CancellationToken cancel
    ) => readers.ReadStream(stream, direction, from, max, cancel);

    public void Dispose() => readers.Dispose();
}
