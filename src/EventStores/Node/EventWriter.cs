using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Varve.EventStores.Protocol;
using Wire = Varve.EventStores.Protocol.ReadResp.Types.ReadEvent.Types.RecordedEvent;

namespace Varve.EventStores.Node;

/// <summary>
/// Writes what a reader asked for. Messages are gathered in the response's own buffer and go out together; what waits
/// for the reader is never more than <see cref="FlushBytes"/> and one event. Not thread-safe.
/// </summary>
sealed class EventWriter
{
    const int FlushBytes = 64 * 1024;

    /// <summary>What an event costs beside its data, its metadata and its names.</summary>
    const int Overhead = 128;

    readonly IServerStreamWriter<ReadResp> stream;
    readonly Func<CancellationToken, ValueTask> flush;
    readonly bool textIds;
    readonly CancellationToken cancel;

    // Serialized before Write returns: so one of each does for all events.
    readonly ReadResp answer = new() { Event = new() };
    readonly Wire first = new() { Id = new(), StreamIdentifier = new() };
    readonly Wire second = new() { Id = new(), StreamIdentifier = new() };
    string? lastName;
    ByteString lastNameBytes = ByteString.Empty;
    int unsent;

    /// <param name="flush">Sends what is written; ends when the reader has room for more.</param>
    public EventWriter(
        IServerStreamWriter<ReadResp> stream,
        Func<CancellationToken, ValueTask> flush,
        bool textIds,
        CancellationToken cancel
    )
    {
        (this.stream, this.flush, this.textIds, this.cancel) = (stream, flush, textIds, cancel);
        stream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
    }

    public Task Event(RecordedEvent recorded)
    {
        answer.Event.Event = Filled(first, recorded);
        answer.Event.Link = null;
        answer.Event.CommitPosition = (ulong)recorded.Position.Value;
        return Write(answer, Size(recorded));
    }

    /// <param name="target">What the link points at; null if that is gone.</param>
    public Task Link(RecordedEvent link, RecordedEvent? target)
    {
        answer.Event.Event = target is null ? null : Filled(first, target);
        answer.Event.Link = Filled(second, link);
        answer.Event.CommitPosition = (ulong)link.Position.Value;
        return Write(answer, Size(link) + (target is null ? 0 : Size(target)));
    }

    public Task Other(ReadResp message) => Write(message, Overhead);

    public async Task Flush()
    {
        unsent = 0;
        await flush(cancel);
    }

    async Task Write(ReadResp message, int size)
    {
        cancel.ThrowIfCancellationRequested();
        await stream.WriteAsync(message);
        if ((unsent += size) >= FlushBytes)
            await Flush();
    }

    static int Size(RecordedEvent e) => Overhead + e.Data.Length + e.Metadata.Length + e.Type.Length + e.Stream.Length;

    Wire Filled(Wire wire, RecordedEvent recorded)
    {
        var position = (ulong)recorded.Position.Value;
        wire.Id = recorded.Id.ToProtocol(textIds);
        wire.StreamIdentifier.StreamName = NameOf(recorded.Stream);
        wire.StreamRevision = (ulong)recorded.Revision;
        (wire.CommitPosition, wire.PreparePosition) = (position, position);
        wire.Metadata["type"] = recorded.Type;
        wire.Metadata["content-type"] = ContentTypes.Of(recorded.IsJson);
        wire.Metadata["created"] = (recorded.Created.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).ToString(
            CultureInfo.InvariantCulture
        );
        wire.Data = UnsafeByteOperations.UnsafeWrap(recorded.Data);
        wire.CustomMetadata = UnsafeByteOperations.UnsafeWrap(recorded.Metadata);
        return wire;
    }

    ByteString NameOf(string stream)
    {
        if (stream != lastName)
            (lastName, lastNameBytes) = (stream, UnsafeByteOperations.UnsafeWrap(Encoding.UTF8.GetBytes(stream)));
        return lastNameBytes;
    }
}

/// <summary>The two that EventStoreDB tells apart.</summary>
static class ContentTypes
{
    const string Json = "application/json";

    public static bool IsJson(string contentType) => contentType == Json;

    public static string Of(bool json) => json ? Json : "application/octet-stream";
}
