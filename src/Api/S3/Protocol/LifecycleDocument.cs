using System.Collections.Immutable;
using System.Globalization;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Protocol;

/// <summary>Lifecycle rules as S3 writes them.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html"/>
static class LifecycleDocument
{
    const int RulesMax = 1000;
    const int IdMax = 255;
    const int NewerKeptMax = 100;

    /// <exception cref="RejectedException">MalformedXml, InvalidArgument, InvalidRequest; NotImplemented for
    /// transitions: where the bytes lie is the tiers' business.</exception>
    public static LifecycleRules Read(ReadOnlyMemory<byte> body)
    {
        var parts = Named(S3XmlReader.Read(body, "LifecycleConfiguration"), "Rule");
        if (parts.Count is 0 or > RulesMax)
            throw S3XmlReader.Malformed($"1 to {RulesMax} rules.");
        var rules = parts.ConvertAll(Rule);
        if (rules.DistinctBy(rule => rule.Id).Count() < rules.Count)
            throw Invalid("Rule ID must be unique. Found same ID for more than one rule");
        if (parts.Exists(part => HasAny(part, "Transition", "NoncurrentVersionTransition")))
            throw new RejectedException(ErrorCode.NotImplemented, "Transition");
        return new([.. rules]);
    }

    public static void Write(ref S3XmlWriter xml, LifecycleRules rules)
    {
        xml.Begin("LifecycleConfiguration"u8);
        foreach (var rule in rules.All)
        {
            xml.Open("Rule"u8);
            xml.Element("ID"u8, rule.Id);
            xml.ElementIfAny("Prefix"u8, rule.Prefix);
            if (rule.Filter is { } filter)
                Write(ref xml, filter);
            xml.Element("Status"u8, rule.Enabled ? "Enabled" : "Disabled");
            WriteActions(ref xml, rule);
            xml.Close("Rule"u8);
        }
        xml.Close("LifecycleConfiguration"u8);
        xml.Complete();
    }

    static LifecycleRule Rule(XmlPart part)
    {
        var id = part["ID"] is { Length: > 0 } text ? text : Guid.NewGuid().ToString("N");
        if (id.Length > IdMax)
            throw Invalid($"ID length should not exceed allowed limit of {IdMax}");
        var enabled = part.Required("Status").Trim() switch
        {
            "Enabled" => true,
            "Disabled" => false,
            _ => throw S3XmlReader.Malformed("Status is neither Enabled nor Disabled."),
        };
        var filter = Child(part, "Filter") is { } wanted ? Filter(wanted) : null;
        var prefix = part["Prefix"];
        if (filter is null == (prefix is null))
            throw S3XmlReader.Malformed("Either Filter or Prefix.");
        foreach (var transition in Named(part, "Transition"))
            CheckTransition(transition);
        var rule = new LifecycleRule(
            id,
            enabled,
            filter,
            prefix,
            Child(part, "Expiration") is { } expiration ? Expiration(expiration, filter) : null,
            Child(part, "NoncurrentVersionExpiration") is { } noncurrent ? Noncurrent(noncurrent) : null,
            Child(part, "AbortIncompleteMultipartUpload") is { } abort ? AbortDays(abort, filter) : null
        );
        var acts = HasAny(
            part,
            "Expiration",
            "NoncurrentVersionExpiration",
            "AbortIncompleteMultipartUpload",
            "Transition",
            "NoncurrentVersionTransition"
        );
        return acts ? rule : throw Refused("At least one action needs to be specified in a rule");
    }

    /// <summary>One condition, or several within an <c>And</c>. Several without it, or beside it, have to hold together
    /// too, as with Ceph.</summary>
    static LifecycleFilter Filter(XmlPart part)
    {
        List<XmlPart> conditions = [.. part.Children.Where(child => child.Name != "And")];
        var and = Child(part, "And");
        if (and is not null)
            conditions.AddRange(and.Children);
        var tags = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var tag in conditions.Where(condition => condition.Name == "Tag"))
        {
            var (key, value) = TagSet.Pair(tag);
            if (key.Length == 0)
                throw S3XmlReader.Malformed("A Tag has no Key.");
            if (!tags.TryAdd(key, value))
                throw Refused("Duplicate Tag Keys are not allowed.");
        }
        var (greater, less) = (Sizes("ObjectSizeGreaterThan").Max(), Sizes("ObjectSizeLessThan").Min());
        if (less <= (greater ?? 0))
            throw Refused("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
        var prefixes = conditions.Where(condition => condition.Name == "Prefix").Select(condition => condition.Text);
        var prefix = prefixes.MaxBy(text => text.Length);
        if (prefixes.Any(other => !prefix!.StartsWith(other, StringComparison.Ordinal)))
            throw S3XmlReader.Malformed("No key has both prefixes.");
        return new(
            and is null && conditions.Count(condition => condition.Text != "" || condition.Name != "Prefix") < 2
                ? null
                : true,
            prefix,
            tags.Count == 0 ? null : tags.ToImmutable(),
            greater,
            less
        );

        long?[] Sizes(string name) => [Size(part, name), and is null ? null : Size(and, name)];
    }

    static LifecycleExpiration Expiration(XmlPart part, LifecycleFilter? filter)
    {
        if (part.Children.Count(c => c.Name is "Days" or "Date" or "ExpiredObjectDeleteMarker") != 1)
            throw S3XmlReader.Malformed("Expiration has one of Days, Date, ExpiredObjectDeleteMarker.");
        if (part["ExpiredObjectDeleteMarker"] is not { } markers)
            return new(Days(part, "Days", "Expiration"), Date(part));
        if (filter?.Tags is not null)
            throw Refused("ExpiredObjectDeleteMarker cannot be specified with Tags.");
        return new(
            DeleteMarkers: markers.Trim() switch
            {
                "true" => true,
                "false" => false,
                _ => throw S3XmlReader.Malformed("ExpiredObjectDeleteMarker is neither true nor false."),
            }
        );
    }

    static NoncurrentExpiration Noncurrent(XmlPart part)
    {
        var kept = Number(part, "NewerNoncurrentVersions");
        if (kept is < 1 or > NewerKeptMax)
            throw Invalid($"'NewerNoncurrentVersions' must be between 1 and {NewerKeptMax}");
        return new(
            Days(part, "NoncurrentDays", "NoncurrentVersionExpiration")
                ?? throw S3XmlReader.Malformed("NoncurrentVersionExpiration has no NoncurrentDays."),
            (int?)kept
        );
    }

    static int AbortDays(XmlPart part, LifecycleFilter? filter)
    {
        if (filter is { AsksForMoreThanPrefix: true })
            throw Refused("AbortIncompleteMultipartUpload cannot be specified with Tags or object sizes.");
        return Days(part, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
            ?? throw S3XmlReader.Malformed("AbortIncompleteMultipartUpload has no DaysAfterInitiation.");
    }

    static void CheckTransition(XmlPart part)
    {
        if (part["Days"] is null == (part["Date"] is null))
            throw S3XmlReader.Malformed("Transition has either Days or Date.");
        _ = Date(part);
        if (Number(part, "Days") < 0)
            throw Invalid("'Days' for Transition action must be nonnegative");
    }

    static int? Days(XmlPart part, string name, string action) =>
        Number(part, name) switch
        {
            null => null,
            > 0 and <= int.MaxValue and var days => (int)days,
            _ => throw Invalid($"'{name}' for {action} action must be a positive integer"),
        };

    static DateTimeOffset? Date(XmlPart part)
    {
        if (part["Date"] is not { } text)
            return null;
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParse(text.Trim(), CultureInfo.InvariantCulture, utc, out var date))
            throw S3XmlReader.Malformed("Date is not in ISO 8601 format.");
        return date.TimeOfDay == TimeSpan.Zero ? date : throw Invalid("'Date' must be at midnight GMT");
    }

    static long? Size(XmlPart part, string name) =>
        Number(part, name) is not { } size ? null
        : size >= 0 ? size
        : throw Invalid($"'{name}' must not be negative");

    static long? Number(XmlPart part, string name) =>
        part[name] is not { } text ? null
        : long.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var number) ? number
        : throw S3XmlReader.Malformed($"{name} is not a number.");

    static void Write(ref S3XmlWriter xml, LifecycleFilter filter)
    {
        xml.Open("Filter"u8);
        if (filter.And == true)
            xml.Open("And"u8);
        xml.ElementIfAny("Prefix"u8, filter.Prefix);
        TagSet.Write(ref xml, filter.Tags);
        if (filter.SizeGreaterThan is { } more)
            xml.Element("ObjectSizeGreaterThan"u8, more);
        if (filter.SizeLessThan is { } less)
            xml.Element("ObjectSizeLessThan"u8, less);
        if (filter.And == true)
            xml.Close("And"u8);
        xml.Close("Filter"u8);
    }

    static void WriteActions(ref S3XmlWriter xml, LifecycleRule rule)
    {
        if (rule.Expiration is { } expiration)
        {
            xml.Open("Expiration"u8);
            if (expiration.Days is { } days)
                xml.Element("Days"u8, days);
            if (expiration.Date is { } date)
                xml.Element("Date"u8, date);
            if (expiration.DeleteMarkers is { } markers)
                xml.Element("ExpiredObjectDeleteMarker"u8, markers);
            xml.Close("Expiration"u8);
        }
        if (rule.Noncurrent is { } noncurrent)
        {
            xml.Open("NoncurrentVersionExpiration"u8);
            xml.Element("NoncurrentDays"u8, noncurrent.Days);
            if (noncurrent.NewerKept is { } kept)
                xml.Element("NewerNoncurrentVersions"u8, kept);
            xml.Close("NoncurrentVersionExpiration"u8);
        }
        if (rule.AbortUploadsAfterDays is { } after)
        {
            xml.Open("AbortIncompleteMultipartUpload"u8);
            xml.Element("DaysAfterInitiation"u8, after);
            xml.Close("AbortIncompleteMultipartUpload"u8);
        }
    }

    static XmlPart? Child(XmlPart part, string name) => part.Children.FirstOrDefault(child => child.Name == name);

    static List<XmlPart> Named(XmlPart part, string name) => [.. part.Children.Where(child => child.Name == name)];

    static bool HasAny(XmlPart part, params ReadOnlySpan<string> names)
    {
        foreach (var child in part.Children)
            if (names.Contains(child.Name))
                return true;
        return false;
    }

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);

    static RejectedException Refused(string detail) => new(ErrorCode.InvalidRequest, detail);
}
