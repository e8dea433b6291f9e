using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Varve.EventStores.Lines;

/// <summary>
/// An event as one line of JSON, for people, for <c>jq</c>, and for moving a log from store to store: bytes that are
/// JSON on one line stand as they are; others as base64, in <c>dataBase64</c> or <c>metadataBase64</c>. So an event is
/// read back byte by byte.
/// </summary>
public static class EventLine
{
    /// <summary>A reader of lines goes 64 deep, and the line itself is one.</summary>
    const int DepthMax = 63;

    static readonly JsonWriterOptions AsItIs = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>For <see cref="Write"/>. Not thread-safe.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> to) => new(to, AsItIs);

    /// <summary>Writes one event, and the newline behind it.</summary>
    public static void Write(Utf8JsonWriter writer, IBufferWriter<byte> to, RecordedEvent recorded)
    {
        var origin = EventOrigin.Of(recorded);
        writer.WriteStartObject();
        writer.WriteNumber("position"u8, recorded.Position.Value);
        writer.WriteString("stream"u8, recorded.Stream);
        writer.WriteNumber("revision"u8, recorded.Revision);
        writer.WriteString("id"u8, recorded.Id);
        writer.WriteString("type"u8, recorded.Type);
        writer.WriteString("time"u8, origin.At.UtcDateTime);
        writer.WriteString("created"u8, recorded.Created.UtcDateTime);
        if (origin.By is { } by)
            writer.WriteString("actor"u8, by);
        if (!recorded.IsJson)
            writer.WriteBoolean("json"u8, value: false);
        WriteBytes(writer, recorded.Data, "data"u8, "dataBase64"u8);
        WriteBytes(writer, recorded.Metadata, "metadata"u8, "metadataBase64"u8);
        writer.WriteEndObject();
        writer.Flush();
        writer.Reset();
        to.Write("\n"u8);
    }

    /// <summary>What <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else; the message says what.</exception>
    public static RecordedEvent Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var parsed = JsonDocument.Parse(line);
            var root = parsed.RootElement;
            return new(
                root.GetProperty("stream").GetString()!,
                root.GetProperty("revision").GetInt64(),
                new(root.GetProperty("position").GetInt64()),
                root.GetProperty("id").GetGuid(),
                root.GetProperty("type").GetString()!,
                new DateTimeOffset(root.GetProperty("created").GetDateTime().ToUniversalTime()),
                ReadBytes(root, "data", "dataBase64"),
                ReadBytes(root, "metadata", "metadataBase64")
            )
            {
                IsJson = !root.TryGetProperty("json"u8, out var json) || json.GetBoolean(),
            };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"This is no event: {fault.Message}", fault);
        }
    }

    static void WriteBytes(
        Utf8JsonWriter writer,
        ReadOnlyMemory<byte> bytes,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> nameInBase64
    )
    {
        if (bytes.IsEmpty)
            return;
        if (!IsJsonOnOneLine(bytes.Span))
        {
            writer.WriteBase64String(nameInBase64, bytes.Span);
            return;
        }
        writer.WritePropertyName(name);
        writer.WriteRawValue(bytes.Span, skipInputValidation: true);
    }

    static ReadOnlyMemory<byte> ReadBytes(JsonElement root, string name, string nameInBase64) =>
        root.TryGetProperty(name, out var value) ? JsonMarshal.GetRawUtf8Value(value).ToArray()
        : root.TryGetProperty(nameInBase64, out value) ? value.GetBytesFromBase64()
        : default;

    /// <summary>Blanks at the ends would be lost.</summary>
    static bool IsJsonOnOneLine(ReadOnlySpan<byte> bytes)
    {
        if (bytes.ContainsAny((byte)'\n', (byte)'\r') || bytes[0] <= ' ' || bytes[^1] <= ' ' || !Utf8.IsValid(bytes))
            return false;
        var reader = new Utf8JsonReader(bytes, new() { MaxDepth = DepthMax });
        try
        {
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
