using Google.Protobuf;
using Google.Protobuf.Collections;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Node;

/// <summary>The events of one append, as they come in: checked one by one, and bounded.</summary>
sealed class ProposedEvents
{
    /// <summary>Even empty events take their place.</summary>
    const int EventsMax = 65_536;

    readonly List<NewEvent> events = [];
    long dataBytes;
    long metadataBytes;

    public IReadOnlyList<NewEvent> Events => events;

    /// <summary>Data, metadata and types, so far.</summary>
    public long Bytes => dataBytes + metadataBytes;

    /// <exception cref="Grpc.Core.RpcException">The event is not whole, or all together are too large.</exception>
    public void Add(UUID? id, MapField<string, string> metadata, ByteString data, ByteString customMetadata)
    {
        if (!metadata.TryGetValue("type", out var type) || !metadata.TryGetValue("content-type", out var contentType))
            throw NodeErrors.MissingMetadata();
        if (type.Length == 0)
            throw NodeErrors.Invalid("The event's type is empty.");
        dataBytes += data.Length;
        metadataBytes += customMetadata.Length + (2L * type.Length);
        if (Math.Max(dataBytes, metadataBytes) > NewEvent.DataBytesMax || events.Count == EventsMax)
            throw NodeErrors.AppendTooLarge();
        events.Add(
            new(
                id.ToGuid() ?? throw NodeErrors.Unexpected("An event has no id."),
                type,
                data.Memory,
                customMetadata.Memory
            )
            {
                IsJson = ContentTypes.IsJson(contentType),
            }
        );
    }
}
