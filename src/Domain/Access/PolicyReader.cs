using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Varve.Domain.Access;

/// <summary>Reads a policy, and refuses what could never be meant.</summary>
public static class PolicyReader
{
    static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };

    /// <param name="bucket">Whose policy it is: its resources can only be that bucket's.</param>
    /// <exception cref="RejectedException">MalformedPolicy, in AWS's words.</exception>
    public static BucketPolicy Read(string text, string bucket)
    {
        if (Encoding.UTF8.GetByteCount(text) > BucketPolicy.BytesMax)
            throw Malformed(
                $"Normalized policy document exceeds the maximum allowed size of {BucketPolicy.BytesMax} bytes."
            );
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(document.RootElement, bucket)
                : throw NotJson();
        }
        catch (JsonException)
        {
            throw NotJson();
        }
    }

    static BucketPolicy Read(JsonElement policy, string bucket)
    {
        JsonElement? statement = null;
        var variables = false;
        foreach (var field in FieldsOf(policy))
            switch (field.Name)
            {
                case "Version":
                    variables = VersionOf(field.Value) == "2012-10-17";
                    break;
                case "Id":
                    _ = TextOf(field.Value);
                    break;
                case "Statement":
                    statement = field.Value;
                    break;
                default:
                    throw Malformed($"Unknown field {field.Name}");
            }
        if (statement is not { } one)
            throw Malformed("Missing required field Statement");
        ImmutableArray<PolicyStatement> statements =
        [
            .. ItemsOf(one).Select(item => StatementReader.Read(item, bucket, variables)),
        ];
        if (statements.IsEmpty)
            throw Malformed("Could not parse the policy: Statement is empty!");
        var ids = ItemsOf(one).Select(StatementReader.SidOf).OfType<string>().ToList();
        return ids.Count == ids.Distinct().Count()
            ? BucketPolicy.Of(statements)
            : throw Malformed("Statement IDs (SID) in a single policy must be unique.");
    }

    static string VersionOf(JsonElement version) =>
        version.ValueKind == JsonValueKind.String && version.GetString() is "2012-10-17" or "2008-10-17"
            ? version.GetString()!
            : throw Malformed("The policy must contain a valid version string");

    internal static IEnumerable<JsonProperty> FieldsOf(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Syntax();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in element.EnumerateObject())
            yield return names.Add(field.Name) ? field : throw Malformed($"Duplicate field {field.Name}");
    }

    /// <summary>One, or a list of them.</summary>
    internal static IEnumerable<JsonElement> ItemsOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [element];

    internal static ImmutableArray<string> TextsOf(JsonElement element) => [.. ItemsOf(element).Select(TextOf)];

    internal static string TextOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.String && element.GetString() is { } text && !text.Any(char.IsControl)
            ? text
            : throw Syntax();

    internal static RejectedException Malformed(string what) => new(ErrorCode.MalformedPolicy, what);

    internal static RejectedException Syntax() => Malformed("Invalid policy syntax.");

    static RejectedException NotJson() => Malformed("Policies must be valid JSON and the first byte must be '{'");
}
