using System.Globalization;
using System.Text;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Node;

/// <summary>Events of type <c>$></c> point at others: <c>revision@stream</c>.</summary>
sealed class LinkTargets(EmbeddedEventStore store, NodeStreams streams)
{
    const string LinkType = "$>";

    public async Task Write(RecordedEvent recorded, EventWriter writer, bool resolve, CancellationToken cancel)
    {
        if (resolve && recorded.Type == LinkType)
            await writer.Link(recorded, await Find(recorded, cancel));
        else
            await writer.Event(recorded);
    }

    async ValueTask<RecordedEvent?> Find(RecordedEvent link, CancellationToken cancel)
    {
        if (link.Data.Length > StreamAppend.StreamBytesMax + 20)
            return null;
        var text = Encoding.UTF8.GetString(link.Data.Span);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (
            at < 0
            || !long.TryParse(text.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
        )
            return null;
        var stream = text[(at + 1)..];
        if (stream.Length == 0 || Encoding.UTF8.GetByteCount(stream) > StreamAppend.StreamBytesMax - 2)
            return null;
        var state = await streams.Find(stream, cancel);
        if (state.IsTombstoned || state.IsNotFound || revision < await streams.FirstShown(state, cancel))
            return null;
        await foreach (var target in store.ReadStream(stream, Direction.Forwards, revision, 1, cancel))
            return target;
        return null;
    }
}
