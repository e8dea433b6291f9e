using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Varve.EventStores;

/// <summary>
/// An append to several streams, where the store knows only appends to one: the first event has in its metadata what is
/// to follow, so that who finds it alone can finish the append. In JSON, as the last field of the metadata:
/// <c>"rest":[{"stream":…,"expected":…,"events":[{"id":…,"type":…,"data":…,"metadata":…}]}]</c>; metadata that is that
/// of the first event is left out.
/// </summary>
public static class AppendRest
{
    /// <summary>Metadata that would be larger stays as it is: such an append can't be finished by others.</summary>
    const int BytesMax = 512 * 1024;

    /// <param name="rest">Each with events.</param>
    public static StreamAppend CarriedBy(StreamAppend first, IReadOnlyList<StreamAppend> rest)
    {
        var own = first.Events[0].Metadata;
        if (rest.Count == 0 || own.Length < 2 || own.Span[^1] != '}' || !rest.All(IsJson))
            return first;
        var json = new ArrayBufferWriter<byte>();
        json.Write(own.Span[..^1]);
        json.Write(own.Length > 2 ? ",\"rest\":"u8 : "\"rest\":"u8);
        using (var writer = new Utf8JsonWriter(json))
            Write(writer, rest, own);
        json.Write("}"u8);
        return json.WrittenCount > BytesMax
            ? first
            : first with
            {
                Events = [first.Events[0] with { Metadata = json.WrittenMemory }, .. first.Events.Skip(1)],
            };
    }

    static bool IsJson(StreamAppend append) => append.Events.All(e => e.IsJson && e.Data.Length > 0);

    static void Write(Utf8JsonWriter writer, IReadOnlyList<StreamAppend> rest, ReadOnlyMemory<byte> own)
    {
        writer.WriteStartArray();
        foreach (var append in rest)
        {
            writer.WriteStartObject();
            writer.WriteString("stream"u8, append.Stream);
            writer.WriteNumber("expected"u8, append.Expected.Value);
            writer.WriteStartArray("events"u8);
            foreach (var @event in append.Events)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, @event.Id);
                writer.WriteString("type"u8, @event.Type);
                writer.WritePropertyName("data"u8);
                writer.WriteRawValue(@event.Data.Span);
                if (!@event.Metadata.Span.SequenceEqual(own.Span))
                {
                    writer.WritePropertyName("metadata"u8);
                    writer.WriteRawValue(@event.Metadata.Span);
                }
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>What is to follow an event; nothing after most.</summary>
    public static IReadOnlyList<StreamAppend> Of(RecordedEvent recorded)
    {
        if (recorded.Metadata.Span.IndexOf("\"rest\":["u8) < 0)
            return [];
        try
        {
            return Read(recorded.Metadata);
        }
        catch (Exception foreign)
            when (foreign is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return []; // somebody else's metadata, who means something else by it
        }
    }

    static StreamAppend[] Read(ReadOnlyMemory<byte> metadata)
    {
        var reader = new Utf8JsonReader(metadata.Span);
        while (reader.Read())
        {
            if (reader is not { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 })
                continue;
            if (!reader.ValueTextEquals("rest"u8))
            {
                reader.Skip();
                continue;
            }
            var before = metadata.Span[..(int)reader.TokenStartIndex].TrimEnd((byte)',');
            byte[] own = [.. before, (byte)'}'];
            reader.Read();
            using var rest = JsonDocument.ParseValue(ref reader);
            return [.. rest.RootElement.EnumerateArray().Select(append => AppendOf(append, own))];
        }
        return [];
    }

    static StreamAppend AppendOf(JsonElement append, byte[] own) =>
        new(
            append.GetProperty("stream").GetString()!,
            new(append.GetProperty("expected").GetInt64()),
            [.. append.GetProperty("events").EnumerateArray().Select(e => EventOf(e, own))]
        );

    static NewEvent EventOf(JsonElement @event, byte[] own) =>
        new(
            @event.GetProperty("id").GetGuid(),
            @event.GetProperty("type").GetString()!,
            Encoding.UTF8.GetBytes(@event.GetProperty("data").GetRawText()),
            @event.TryGetProperty("metadata", out var metadata) ? Encoding.UTF8.GetBytes(metadata.GetRawText()) : own
        );
}
