using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Varve.Domain.Tests;

/// <summary>An event's JSON in lines of text, one a field: its path, <c>?</c> if it may lack, and its type.</summary>
static class EventShape
{
    static readonly JsonSchemaExporterOptions Strict = new() { TreatNullObliviousAsNonNullable = true };

    public static IEnumerable<string> Lines(EventRow row) =>
        Fields(row.Shape.GetJsonSchemaAsNode(Strict), "")
            .Select(field => $"{row.Name}.v{row.Version} {field.Path}{(field.Optional ? "?" : "")} {field.Type}");

    public static IEnumerable<string> Paths(EventRow row) =>
        Fields(row.Shape.GetJsonSchemaAsNode(Strict), "").Select(field => field.Path);

    /// <summary>The paths that a stored event has, written as those of a shape are.</summary>
    public static IEnumerable<string> Paths(JsonElement value, IReadOnlySet<string> known, string path = "") =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value
                .EnumerateObject()
                .SelectMany(field =>
                {
                    var own = Join(path, known.Contains(Join(path, "*")) ? "*" : field.Name);
                    return Paths(field.Value, known, own).Prepend(own);
                }),
            JsonValueKind.Array => value.EnumerateArray().SelectMany(item => Paths(item, known, path + "[]")),
            _ => [],
        };

    static IEnumerable<(string Path, bool Optional, string Type)> Fields(JsonNode schema, string path)
    {
        var required = (schema["required"]?.AsArray() ?? []).Select(name => (string)name!).ToHashSet();
        foreach (var (name, field) in schema["properties"]?.AsObject() ?? [])
        foreach (var line in Described(field!, Join(path, name), !required.Contains(name)))
            yield return line;
        if (schema["additionalProperties"] is JsonObject any)
            foreach (var line in Described(any, Join(path, "*"), optional: true))
                yield return line;
        if (schema["items"] is JsonObject item)
            foreach (var line in Fields(item, path + "[]"))
                yield return line;
    }

    static IEnumerable<(string, bool, string)> Described(JsonNode field, string path, bool optional)
    {
        var types = field["type"] is JsonArray several ? [.. several.Select(t => (string)t!)] : new[] { TypeOf(field) };
        var type = string.Join('|', types.Where(t => t != "null"));
        var item = field["items"] is JsonNode items ? $" of {TypeOf(items)}" : "";
        var format = field["format"] is JsonNode f ? $" {f}" : "";
        var nullable = types.Contains("null") || (field["enum"]?.AsArray().Contains(null) ?? false);
        yield return (path, optional || nullable, type + item + format);
        foreach (var line in Fields(field, path))
            yield return line;
    }

    static string TypeOf(JsonNode field) =>
        field["enum"] is JsonArray values
            ? string.Join('|', values.OfType<JsonNode>().Select(v => (string?)v))
            : $"{field["type"]}";

    static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
