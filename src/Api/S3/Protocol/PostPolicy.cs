using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <param name="Field">Without its dollar sign.</param>
/// <param name="Prefix">The field has only to begin so.</param>
/// <param name="Text">As it stands in the policy.</param>
public sealed record PostCondition(string Field, bool Prefix, string Value, string Text);

/// <summary>What whoever signed a form lets others upload with it.</summary>
/// <param name="Sizes">Of the file, in bytes, both inclusive.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html"/>
public sealed record PostPolicy(
    DateTimeOffset Expiration,
    ImmutableArray<PostCondition> Conditions,
    (long Least, long Most) Sizes
)
{
    /// <exception cref="RejectedException">InvalidPolicyDocument.</exception>
    public static PostPolicy Read(string base64)
    {
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(base64));
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw Invalid("Invalid JSON.");
        }
    }

    /// <summary>Refuses what the policy does not let through.</summary>
    /// <param name="fields">Of the form, with the bucket and the key as they are in truth.</param>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public void Check(IReadOnlyDictionary<string, string> fields, DateTimeOffset now)
    {
        if (now >= Expiration)
            throw Denied("Policy expired.");
        foreach (var condition in Conditions)
        {
            var value = fields.GetValueOrDefault(condition.Field, "");
            var fits = condition.Prefix
                ? value.StartsWith(condition.Value, StringComparison.Ordinal)
                : value == condition.Value;
            // Of a list of content types each has to fit.
            if (!fits || (condition.Prefix && !EachFits(condition, value)))
                throw Denied($"Policy Condition failed: {condition.Text}");
        }
        var said = Conditions.Select(condition => condition.Field).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var extra = fields.Keys.Where(name => !said.Contains(name) && !NeedsNoCondition(name)).ToList();
        if (extra.Count > 0)
            throw Denied($"Extra input fields: {string.Join(", ", extra)}");
    }

    static bool EachFits(PostCondition condition, string value) =>
        !condition.Field.Equals("content-type", StringComparison.OrdinalIgnoreCase)
        || value
            .Split(',', StringSplitOptions.TrimEntries)
            .All(type => type.StartsWith(condition.Value, StringComparison.Ordinal));

    /// <summary>A checksum is of the file, which has no condition either: it can make the form fail, and nothing else.
    /// </summary>
    static bool NeedsNoCondition(string field) =>
        field.ToLowerInvariant() is "awsaccesskeyid" or "signature" or "x-amz-signature" or "policy" or "file"
        || field.StartsWith("x-ignore-", StringComparison.OrdinalIgnoreCase)
        || field.StartsWith("x-amz-checksum-", StringComparison.OrdinalIgnoreCase);

    static PostPolicy Read(JsonElement policy)
    {
        if (policy.ValueKind != JsonValueKind.Object)
            throw Invalid("Invalid JSON.");
        if (!policy.TryGetProperty("expiration", out var expiration))
            throw Invalid("Policy missing expiration.");
        if (!policy.TryGetProperty("conditions", out var list) || list.ValueKind != JsonValueKind.Array)
            throw Invalid("Policy missing conditions.");
        var conditions = ImmutableArray.CreateBuilder<PostCondition>();
        var sizes = (Least: 0L, Most: long.MaxValue);
        foreach (var condition in list.EnumerateArray())
            if (condition.ValueKind == JsonValueKind.Object)
                conditions.Add(Simple(condition));
            else if (condition.ValueKind != JsonValueKind.Array || condition.GetArrayLength() == 0)
                throw Invalid($"Invalid Condition: {condition.GetRawText()}");
            else if (OperatorOf(condition) == "content-length-range")
                sizes = Range(condition);
            else
                conditions.Add(Comparison(condition));
        return new(Time(expiration), conditions.ToImmutable(), sizes);
    }

    static PostCondition Simple(JsonElement condition)
    {
        var fields = condition.EnumerateObject().ToList();
        return fields is [var field]
            ? new(
                field.Name,
                Prefix: false,
                Text(field.Value),
                $"[\"eq\", \"${field.Name}\", {field.Value.GetRawText()}]"
            )
            : throw Invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
    }

    static PostCondition Comparison(JsonElement condition)
    {
        var prefix = OperatorOf(condition) switch
        {
            "eq" => false,
            "starts-with" => true,
            var other => throw Invalid($"Invalid Condition: unknown operation '{other}'."),
        };
        if (condition.GetArrayLength() != 3 || !Text(condition[1]).StartsWith('$'))
            throw Invalid($"Invalid Condition: {condition.GetRawText()}");
        return new(Text(condition[1])[1..], prefix, Text(condition[2]), condition.GetRawText());
    }

    static (long Least, long Most) Range(JsonElement condition) =>
        condition.GetArrayLength() == 3 && Bytes(condition[1]) is { } least && Bytes(condition[2]) is { } most
            ? (least, most)
            : throw Invalid("Invalid Condition: content-length-range needs the fewest and the most bytes.");

    static string OperatorOf(JsonElement condition) => Text(condition[0]).ToLowerInvariant();

    static long? Bytes(JsonElement number) =>
        long.TryParse(
            number.ValueKind == JsonValueKind.String ? number.GetString() : number.GetRawText(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var bytes
        )
            ? bytes
            : null;

    static DateTimeOffset Time(JsonElement expiration) =>
        DateTimeOffset.TryParseExact(
            Text(expiration),
            ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var time
        )
            ? time
            : throw Invalid($"Invalid 'expiration' value: '{Text(expiration)}'");

    static string Text(JsonElement element) =>
        element.ValueKind == JsonValueKind.String
            ? element.GetString()!
            : throw Invalid($"Invalid value: {element.GetRawText()}");

    static RejectedException Invalid(string what) => new(ErrorCode.InvalidPolicyDocument, $"Invalid Policy: {what}");

    static RejectedException Denied(string what) => new(ErrorCode.AccessDenied, $"Invalid according to Policy: {what}");
}
