using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Varve.Domain.Buckets;

/// <summary>Which events of a bucket's objects are told to whom, as S3 writes it.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html"/>
public sealed record NotificationRules(ImmutableArray<NotificationRule> All)
{
    /// <summary>The rule that an event is told by; null if it is not told. As no two overlap, there is one at most.
    /// </summary>
    /// <param name="event">Such as <c>s3:ObjectCreated:Put</c>.</param>
    public NotificationRule? For(string @event, string key) => All.FirstOrDefault(rule => rule.AppliesTo(@event, key));

    /// <summary>Whether two rules would tell the same event twice.</summary>
    [JsonIgnore]
    public bool Overlap => All.Where((rule, i) => All.Take(i).Any(rule.Overlaps)).Any();
}

/// <summary>By which of S3's elements a rule names its destination.</summary>
public enum NotificationTarget
{
    Queue,
    Topic,
    CloudFunction,
}

/// <param name="Id">Unique among the rules of a bucket; 1 to 255 characters.</param>
/// <param name="Arn">Of the destination: <c>arn:varve:sqs::name:webhook</c>.</param>
/// <param name="Events">At least one of <see cref="NotificationEvents.Patterns"/>.</param>
/// <param name="Prefix">What keys begin with; null where the rule does not say.</param>
/// <param name="Suffix">What keys end with; null where the rule does not say.</param>
public sealed record NotificationRule(
    string Id,
    NotificationTarget Target,
    string Arn,
    ImmutableArray<string> Events,
    string? Prefix,
    string? Suffix
)
{
    /// <summary>Its name and kind, which the operator gave it: <c>name:webhook</c>.</summary>
    /// <exception cref="FormatException">The ARN is not one of Varve's.</exception>
    [JsonIgnore]
    public string Destination =>
        Arn.Split(':') is ["arn", "varve", var service, _, { Length: > 0 } name, { Length: > 0 } kind]
        && service == ServiceOf(Target)
            ? $"{name}:{kind}"
            : throw new FormatException($"'{Arn}' is not like arn:varve:{ServiceOf(Target)}::name:webhook.");

    public bool AppliesTo(string @event, string key) =>
        Events.Any(pattern => NotificationEvents.Covers(pattern, @event))
        && key.StartsWith(Prefix ?? "", StringComparison.Ordinal)
        && key.EndsWith(Suffix ?? "", StringComparison.Ordinal);

    /// <summary>Whether there can be an event that both apply to.</summary>
    public bool Overlaps(NotificationRule other) =>
        Events.Any(mine => other.Events.Any(its => Meet(mine, its, NotificationEvents.Covers)))
        && Meet(Prefix ?? "", other.Prefix ?? "", (start, text) => text.StartsWith(start, StringComparison.Ordinal))
        && Meet(Suffix ?? "", other.Suffix ?? "", (end, text) => text.EndsWith(end, StringComparison.Ordinal));

    static bool Meet(string one, string other, Func<string, string, bool> covers) =>
        covers(one, other) || covers(other, one);

    static string ServiceOf(NotificationTarget target) =>
        target switch
        {
            NotificationTarget.Queue => "sqs",
            NotificationTarget.Topic => "sns",
            _ => "lambda",
        };
}
