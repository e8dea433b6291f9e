using System.Text.Json;
using System.Text.Json.Nodes;

namespace Varve.EventStores.Node;

/// <summary>What the last event of <c>$$name</c> says of the stream <c>name</c>: how much of it is still shown.
/// </summary>
/// <param name="MaxCount"><c>$maxCount</c>: so many of the last events; at least 1.</param>
/// <param name="TruncateBefore"><c>$tb</c>: the first revision that is shown; <see cref="Deleted"/> hides all.</param>
/// <param name="MaxAge"><c>$maxAge</c>, seconds in the JSON: no older events; more than zero.</param>
sealed record StreamMetadata(long? MaxCount, long? TruncateBefore, TimeSpan? MaxAge)
{
    /// <summary>Type of the events in streams of metadata.</summary>
    public const string EventType = "$metadata";

    /// <summary>The <c>$tb</c> of a stream that was soft-deleted.</summary>
    public const long Deleted = long.MaxValue;

    public static readonly StreamMetadata None = new(null, null, null);

    /// <summary>A stream of metadata has none itself: only its last event is shown, by rule.</summary>
    static readonly StreamMetadata OfMetadata = None with { MaxCount = 1 };

    public bool HidesAll => TruncateBefore == Deleted;

    public static string StreamOf(string stream) => "$$" + stream;

    /// <summary>The stream that a stream of metadata is about; null for any other.</summary>
    public static string? Subject(string stream) =>
        stream.StartsWith("$$", StringComparison.Ordinal) && stream.Length > 2 ? stream[2..] : null;

    /// <summary>What is no JSON object says nothing, and so does a value out of range.</summary>
    /// <param name="last">The last event of the stream of metadata; null if there is none.</param>
    public static StreamMetadata Of(string stream, RecordedEvent? last)
    {
        if (Subject(stream) is not null)
            return OfMetadata;
        if (last is null || Parse(last.Data) is not { } json)
            return None;
        return new(
            Number(json, "$maxCount", least: 1),
            Number(json, "$tb", least: 0),
            Number(json, "$maxAge", least: 1) is { } seconds
                ? TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.SecondsPerDay * 1_000_000))
                : null
        );
    }

    /// <summary>The event that deletes softly.</summary>
    public static NewEvent Deleting() => Made($$"""{"$tb":{{Deleted}}}""");

    /// <summary>The event that shows a deleted stream again, from a revision on; what else was said, stays.</summary>
    public static NewEvent Undeleting(RecordedEvent last, long from)
    {
        var json = Parse(last.Data) ?? [];
        json["$tb"] = from;
        return Made(json.ToJsonString());
    }

    static NewEvent Made(string json) =>
        new(Guid.NewGuid(), EventType, System.Text.Encoding.UTF8.GetBytes(json), ReadOnlyMemory<byte>.Empty);

    static JsonObject? Parse(ReadOnlyMemory<byte> data)
    {
        try
        {
            return JsonNode.Parse(data.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static long? Number(JsonObject json, string name, long least)
    {
        try
        {
            return json[name] is JsonValue value && value.TryGetValue<long>(out var number) && number >= least
                ? number
                : null;
        }
        catch (ArgumentException)
        {
            return null; // a name that comes twice is found out here
        }
    }
}
