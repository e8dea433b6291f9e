using System.Text.Json;

namespace Varve.EventStores.Lines;

/// <summary>When and by whom: as the metadata says, and where it does not, as the store saw it.</summary>
public readonly record struct EventOrigin(DateTimeOffset At, string? By)
{
    /// <summary>Reads the metadata of Varve's events fast; those of others may be anything.</summary>
    public static EventOrigin Of(RecordedEvent recorded)
    {
        var origin = new EventOrigin(recorded.Created, null);
        if (recorded.Metadata.IsEmpty)
            return origin;
        var reader = new Utf8JsonReader(recorded.Metadata.Span);
        try
        {
            while (reader.Read())
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 })
                    if (reader.ValueTextEquals("at"u8))
                    {
                        if (
                            reader.Read()
                            && reader.TokenType == JsonTokenType.String
                            && reader.TryGetDateTimeOffset(out var at)
                        )
                            origin = origin with { At = at };
                    }
                    else if (
                        reader.ValueTextEquals("by"u8)
                        && reader.Read()
                        && reader.TokenType == JsonTokenType.String
                    )
                        origin = origin with { By = reader.GetString() };
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return new(recorded.Created, null);
        }
        return origin;
    }
}
