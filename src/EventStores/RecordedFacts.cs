using Varve.Domain;

namespace Varve.EventStores;

/// <summary>Between what the log holds (bytes) and what the domain speaks of (events).</summary>
public static class RecordedFacts
{
    /// <summary>The domain's event: the instance at hand, or decoded from the stored data.</summary>
    /// <exception cref="UnknownEventException">Written by a newer version of Varve, or by nobody of ours.</exception>
    public static object Decoded(this RecordedEvent recorded) =>
        recorded.Fact
        ?? EventCatalog.Decode(recorded.Type, EventMetadata.VersionOf(recorded.Metadata.Span), recorded.Data.Span);

    /// <exception cref="System.Text.Json.JsonException">The metadata is not Varve's.</exception>
    public static EventMetadata DecodedMetadata(this RecordedEvent recorded) =>
        EventMetadata.Decode(recorded.Metadata.Span);
}
