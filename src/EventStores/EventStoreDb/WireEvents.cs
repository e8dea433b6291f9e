using System.Globalization;
using Google.Protobuf;
using Varve.EventStores.Node;
using Varve.EventStores.Protocol;
using Wire = Varve.EventStores.Protocol.ReadResp.Types.ReadEvent.Types.RecordedEvent;

namespace Varve.EventStores.EventStoreDb;

/// <summary>Events as the protocol has them, and as Varve has them.</summary>
static class WireEvents
{
    public static StreamIdentifier Named(string stream) =>
        new() { StreamName = UnsafeByteOperations.UnsafeWrap(StreamAppend.EncodeName(stream)) };

    /// <summary>Positions are the commit positions. None is 0: the log's first record is none of a stream's.</summary>
    public static RecordedEvent From(Wire wire) =>
        new(
            wire.StreamIdentifier.StreamName.ToStringUtf8(),
            (long)wire.StreamRevision,
            new((long)wire.CommitPosition),
            wire.Id.ToGuid() ?? throw new InvalidDataException("An event without an id."),
            wire.Metadata["type"],
            DateTimeOffset.UnixEpoch.AddTicks(
                long.Parse(wire.Metadata["created"], NumberStyles.None, CultureInfo.InvariantCulture)
            ),
            wire.Data.Memory,
            wire.CustomMetadata.Memory
        )
        {
            IsJson = ContentTypes.IsJson(wire.Metadata["content-type"]),
        };

    public static BatchAppendReq.Types.ProposedMessage ProposedInBatch(NewEvent @event) =>
        new()
        {
            Id = @event.Id.ToProtocol(asText: false),
            Metadata = { ["type"] = @event.Type, ["content-type"] = ContentTypes.Of(@event.IsJson) },
            Data = UnsafeByteOperations.UnsafeWrap(@event.Data),
            CustomMetadata = UnsafeByteOperations.UnsafeWrap(@event.Metadata),
        };

    public static AppendReq.Types.ProposedMessage Proposed(NewEvent @event) =>
        new()
        {
            Id = @event.Id.ToProtocol(asText: false),
            Metadata = { ["type"] = @event.Type, ["content-type"] = ContentTypes.Of(@event.IsJson) },
            Data = UnsafeByteOperations.UnsafeWrap(@event.Data),
            CustomMetadata = UnsafeByteOperations.UnsafeWrap(@event.Metadata),
        };
}
