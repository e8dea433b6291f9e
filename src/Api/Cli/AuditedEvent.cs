using System.Text.Json;
using Varve.EventStores;

namespace Varve.Api.Cli;

/// <summary>An event in a file of its own, byte for byte: what an entry of the tree is the commitment to.</summary>
/// <param name="Data">In base64, so that no program reformats it.</param>
sealed record AuditedEvent(
    long Position,
    string Stream,
    long Revision,
    Guid Id,
    string Type,
    DateTimeOffset Created,
    byte[] Data,
    byte[] Metadata
)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public static AuditedEvent Of(RecordedEvent e) =>
        new(e.Position.Value, e.Stream, e.Revision, e.Id, e.Type, e.Created, e.Data.ToArray(), e.Metadata.ToArray());

    /// <exception cref="FormatException">The file is something else.</exception>
    public static RecordedEvent Parse(string json)
    {
        try
        {
            var (position, stream, revision, id, type, created, data, metadata) =
                JsonSerializer.Deserialize<AuditedEvent>(json, Json) ?? throw new FormatException("null is no event.");
            return new(stream, revision, new(position), id, type, created, data, metadata);
        }
        catch (JsonException wrong)
        {
            throw new FormatException($"The event is not what 'varve audit prove --event' writes: {wrong.Message}");
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}
