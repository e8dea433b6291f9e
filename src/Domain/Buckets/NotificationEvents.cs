using System.Collections.Immutable;
using Varve.Domain.Objects;

namespace Varve.Domain.Buckets;

/// <summary>What S3 calls the events of objects.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html"/>
public static class NotificationEvents
{
    const string Created = "s3:ObjectCreated:";
    const string Removed = "s3:ObjectRemoved:";
    const string Expired = "s3:LifecycleExpiration:";
    const string Tagging = "s3:ObjectTagging:";
    const string Acl = "s3:ObjectAcl:Put";
    const string Marker = "DeleteMarkerCreated";

    /// <summary>All that a rule can ask for. The others of S3's, such as those of its archive, never happen here.
    /// </summary>
    public static readonly ImmutableArray<string> Patterns =
    [
        $"{Created}*",
        $"{Created}Put",
        $"{Created}Post",
        $"{Created}Copy",
        $"{Created}CompleteMultipartUpload",
        $"{Removed}*",
        $"{Removed}Delete",
        $"{Removed}{Marker}",
        $"{Expired}*",
        $"{Expired}Delete",
        $"{Expired}{Marker}",
        $"{Tagging}*",
        $"{Tagging}Put",
        $"{Tagging}Delete",
        Acl,
    ];

    /// <param name="pattern">An event, or all that begin as it does: <c>s3:ObjectCreated:*</c>.</param>
    public static bool Covers(string pattern, string @event) =>
        pattern == @event || (pattern.EndsWith('*') && @event.StartsWith(pattern[..^1], StringComparison.Ordinal));

    /// <summary>The name of what happened to an object, such as <c>s3:ObjectCreated:Put</c>.</summary>
    /// <param name="event">Of an object's stream.</param>
    /// <param name="expired">Whether a lifecycle rule did it.</param>
    /// <returns>Null for what S3 has no event of.</returns>
    public static string? NameOf(object @event, bool expired)
    {
        var removed = expired ? Expired : Removed;
        return @event switch
        {
            ObjectEvent.Put { Origin: ObjectOrigin.Upload } => $"{Created}CompleteMultipartUpload",
            ObjectEvent.Put { Origin: ObjectOrigin.Copy or ObjectOrigin.Rename or ObjectOrigin.Restore } =>
                $"{Created}Copy",
            ObjectEvent.Put { Posted: true } => $"{Created}Post",
            ObjectEvent.Put => $"{Created}Put",
            ObjectEvent.Deleted { Versioning: null } => $"{removed}Delete",
            ObjectEvent.Deleted => $"{removed}{Marker}",
            ObjectEvent.VersionDeleted => $"{removed}Delete",
            ObjectEvent.Tagged { Tags: null } => $"{Tagging}Delete",
            ObjectEvent.Tagged => $"{Tagging}Put",
            ObjectEvent.AclSet => Acl,
            _ => null,
        };
    }
}
