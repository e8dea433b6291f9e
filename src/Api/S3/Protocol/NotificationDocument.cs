using System.Collections.Immutable;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Protocol;

/// <summary>Notification rules as S3 writes them.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"/>
static class NotificationDocument
{
    const int RulesMax = 100;
    const int IdMax = 255;

    /// <param name="destinations">Those that the operator set up: <c>name:webhook</c>. There are no others.</param>
    /// <returns>Null where no rule is left.</returns>
    /// <exception cref="RejectedException">MalformedXml, InvalidArgument; NotImplemented for EventBridge, which there
    /// is none of.</exception>
    public static NotificationRules? Read(ReadOnlyMemory<byte> body, IReadOnlySet<string> destinations)
    {
        var parts = S3XmlReader.Read(body, "NotificationConfiguration").Children;
        if (parts.Any(part => part.Name == "EventBridgeConfiguration"))
            throw new RejectedException(ErrorCode.NotImplemented, "EventBridgeConfiguration");
        if (parts.Count > RulesMax)
            throw Invalid($"At most {RulesMax} configurations.");
        var rules = new NotificationRules([.. parts.Select(Rule)]);
        if (rules.All.DistinctBy(rule => rule.Id).Count() < rules.All.Length)
            throw Invalid("Same ID used for multiple configurations. IDs must be unique");
        foreach (var rule in rules.All)
            Check(rule, destinations);
        if (rules.Overlap)
            throw Invalid(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
                    + "are overlapping for the same event type."
            );
        return rules.All.IsEmpty ? null : rules;
    }

    /// <param name="rules">Null for none.</param>
    public static void Write(ref S3XmlWriter xml, NotificationRules? rules)
    {
        xml.Begin("NotificationConfiguration"u8);
        foreach (var rule in rules?.All ?? [])
        {
            var (element, arn) = ElementsOf(rule.Target);
            xml.Open(element);
            xml.Element("Id"u8, rule.Id);
            xml.Element(arn, rule.Arn);
            foreach (var @event in rule.Events)
                xml.Element("Event"u8, @event);
            if (rule.Prefix is not null || rule.Suffix is not null)
                WriteFilter(ref xml, rule);
            xml.Close(element);
        }
        xml.Close("NotificationConfiguration"u8);
        xml.Complete();
    }

    static NotificationRule Rule(XmlPart part)
    {
        var (target, arn) = part.Name switch
        {
            "QueueConfiguration" => (NotificationTarget.Queue, "Queue"),
            "TopicConfiguration" => (NotificationTarget.Topic, "Topic"),
            "CloudFunctionConfiguration" => (NotificationTarget.CloudFunction, "CloudFunction"),
            var other => throw S3XmlReader.Malformed($"{other} is not known."),
        };
        var id = part["Id"] is { Length: > 0 } text ? text : Guid.NewGuid().ToString("N");
        if (id.Length > IdMax)
            throw Invalid($"ID length should not exceed allowed limit of {IdMax}");
        ImmutableArray<string> events =
        [
            .. part.Children.Where(child => child.Name == "Event").Select(child => child.Text.Trim()),
        ];
        if (events.IsEmpty)
            throw S3XmlReader.Malformed($"{part.Name} has no Event.");
        if (events.Any(@event => !NotificationEvents.Patterns.Contains(@event)))
            throw Invalid("A specified event is not supported for notifications.");
        var (prefix, suffix) = Filter(part);
        return new(id, target, part.Required(arn).Trim(), [.. events.Distinct()], prefix, suffix);
    }

    static (string? Prefix, string? Suffix) Filter(XmlPart rule)
    {
        string? prefix = null;
        string? suffix = null;
        foreach (var part in rule.Children.Where(part => part.Name == "Filter"))
        foreach (var key in part.Children.Where(part => part.Name == "S3Key"))
        foreach (var condition in key.Children.Where(part => part.Name == "FilterRule"))
        {
            var value = condition["Value"] ?? throw S3XmlReader.Malformed("FilterRule has no Value.");
            if (value.Length > Domain.Objects.ObjectKey.BytesMax)
                throw Invalid("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation");
            switch (condition.Required("Name").Trim().ToLowerInvariant())
            {
                case "prefix" when prefix is null:
                    prefix = value;
                    break;
                case "suffix" when suffix is null:
                    suffix = value;
                    break;
                case "prefix" or "suffix":
                    throw Invalid("Cannot specify more than one prefix or suffix rule in a filter.");
                default:
                    throw Invalid("filter rule name must be either prefix or suffix");
            }
        }
        return (prefix, suffix);
    }

    /// <summary>Only what the operator set up is ever asked: no rule can make Varve call another server.</summary>
    static void Check(NotificationRule rule, IReadOnlySet<string> destinations)
    {
        try
        {
            if (destinations.Contains(rule.Destination))
                return;
        }
        catch (FormatException)
        {
            // It names none of ours.
        }
        throw Invalid($"Unable to validate the following destination configurations: {rule.Arn}");
    }

    static (byte[] Element, byte[] Arn) ElementsOf(NotificationTarget target) =>
        target switch
        {
            NotificationTarget.Queue => ("QueueConfiguration"u8.ToArray(), "Queue"u8.ToArray()),
            NotificationTarget.Topic => ("TopicConfiguration"u8.ToArray(), "Topic"u8.ToArray()),
            _ => ("CloudFunctionConfiguration"u8.ToArray(), "CloudFunction"u8.ToArray()),
        };

    static void WriteFilter(ref S3XmlWriter xml, NotificationRule rule)
    {
        xml.Open("Filter"u8);
        xml.Open("S3Key"u8);
        if (rule.Prefix is { } prefix)
            WriteCondition(ref xml, "Prefix", prefix);
        if (rule.Suffix is { } suffix)
            WriteCondition(ref xml, "Suffix", suffix);
        xml.Close("S3Key"u8);
        xml.Close("Filter"u8);
    }

    static void WriteCondition(ref S3XmlWriter xml, string name, string value)
    {
        xml.Open("FilterRule"u8);
        xml.Element("Name"u8, name);
        xml.Element("Value"u8, value);
        xml.Close("FilterRule"u8);
    }

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
