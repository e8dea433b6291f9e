using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.EventStores;

namespace Varve.Workers.Notifications;

/// <summary>What S3 says of an event.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"/>
static class EventRecords
{
    const string EventPrefix = "s3:";
    const string Time = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>What becomes of an object, as a message of one record.</summary>
    /// <param name="event">Of <paramref name="recorded"/>, decoded.</param>
    /// <param name="name">Such as <c>s3:ObjectCreated:Put</c>.</param>
    /// <param name="rule">By which it is told.</param>
    /// <param name="bucket">As it was then.</param>
    public static EventMessage Of(
        RecordedEvent recorded,
        object @event,
        string name,
        ObjectName about,
        NotificationRule rule,
        Bucket bucket,
        string region
    )
    {
        var metadata = recorded.DecodedMetadata();
        return Message(
            recorded,
            name,
            $"{about.Bucket}/{about.Key}",
            json =>
            {
                json.WriteStartArray("Records");
                json.WriteStartObject();
                json.WriteString("eventVersion", VersionOf(name));
                json.WriteString("eventSource", "aws:s3"); // which readers of such messages look for
                json.WriteString("awsRegion", region);
                json.WriteString("eventTime", TextOf(metadata.At));
                json.WriteString("eventName", name[EventPrefix.Length..]);
                WritePerson(json, "userIdentity", metadata.By);
                json.WriteStartObject("requestParameters");
                json.WriteString("sourceIPAddress", ""); // the log does not keep it
                json.WriteEndObject();
                json.WriteStartObject("responseElements");
                json.WriteString("x-amz-request-id", metadata.CorrelationId ?? $"{metadata.CausationId:N}");
                json.WriteString("x-amz-id-2", $"{metadata.CausationId:N}");
                json.WriteEndObject();
                json.WriteStartObject("s3");
                json.WriteString("s3SchemaVersion", "1.0");
                json.WriteString("configurationId", rule.Id);
                json.WriteStartObject("bucket");
                json.WriteString("name", about.Bucket);
                WritePerson(json, "ownerIdentity", bucket.Owner ?? "");
                json.WriteString("arn", $"arn:aws:s3:::{about.Bucket}");
                json.WriteEndObject();
                WriteObject(json, recorded, @event, about.Key, bucket);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndArray();
            }
        );
    }

    /// <summary>What S3 sends to a destination that a bucket is told to use.</summary>
    public static EventMessage Test(RecordedEvent recorded, string bucket)
    {
        var metadata = recorded.DecodedMetadata();
        return Message(
            recorded,
            "s3:TestEvent",
            bucket,
            json =>
            {
                json.WriteString("Service", "Amazon S3");
                json.WriteString("Event", "s3:TestEvent");
                json.WriteString("Time", TextOf(metadata.At));
                json.WriteString("Bucket", bucket);
                json.WriteString("RequestId", metadata.CorrelationId ?? $"{metadata.CausationId:N}");
                json.WriteString("HostId", $"{metadata.CausationId:N}");
            }
        );
    }

    static EventMessage Message(RecordedEvent recorded, string name, string about, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return new($"{recorded.Id:N}", name, about, body.WrittenMemory);
    }

    static void WriteObject(Utf8JsonWriter json, RecordedEvent recorded, object @event, string key, Bucket bucket)
    {
        json.WriteStartObject("object");
        // As a form has it: a blank is a plus. Slashes stay.
        json.WriteString("key", WebUtility.UrlEncode(key).Replace("%2F", "/", StringComparison.Ordinal));
        if (@event is ObjectEvent.Put put)
        {
            json.WriteNumber("size", put.Size);
            json.WriteString("eTag", put.ETag);
        }
        if (VersionIdOf(@event, bucket) is { } version)
            json.WriteString("versionId", version);
        // Of two events of a key, the later has the greater text.
        json.WriteString("sequencer", recorded.Position.Value.ToString("X16", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    /// <summary>Null where the bucket never had versions.</summary>
    static string? VersionIdOf(object @event, Bucket bucket) =>
        @event switch
        {
            ObjectEvent.Put e => Shown(e.VersionId, e.Versioning),
            ObjectEvent.Deleted e => Shown(e.VersionId, e.Versioning),
            ObjectEvent.VersionDeleted e => Shown(e.VersionId, e.Current, bucket),
            ObjectEvent.Tagged e => Shown(e.VersionId, e.Current, bucket),
            ObjectEvent.AclSet e => Shown(e.VersionId, e.Current, bucket),
            _ => null,
        };

    /// <summary>Of a version that is not the current one nobody says whether S3 calls it <c>null</c>; its id is right
    /// all the same.</summary>
    static string? Shown(string versionId, ObjectEvent.Put? current, Bucket bucket) =>
        current?.VersionId == versionId ? Shown(versionId, current.Versioning)
        : bucket.Versioning is null ? null
        : versionId;

    static string? Shown(string versionId, BucketVersioning? versioning) =>
        versioning switch
        {
            null => null,
            BucketVersioning.Enabled => versionId,
            _ => ObjectVersions.Null,
        };

    static void WritePerson(Utf8JsonWriter json, string property, string user)
    {
        json.WriteStartObject(property);
        json.WriteString("principalId", user);
        json.WriteEndObject();
    }

    static string VersionOf(string name) =>
        name.StartsWith("s3:ObjectCreated:", StringComparison.Ordinal)
        || name.StartsWith("s3:ObjectRemoved:", StringComparison.Ordinal)
            ? "2.1"
            : "2.3";

    static string TextOf(DateTimeOffset at) => at.ToUniversalTime().ToString(Time, CultureInfo.InvariantCulture);
}

/// <summary>An object, by its stream.</summary>
readonly record struct ObjectName(string Bucket, string Key)
{
    public const string Prefix = "object-";

    /// <summary>Bucket names have no slash: the first one ends the name.</summary>
    /// <exception cref="FormatException">The stream is not an object's.</exception>
    public static ObjectName Of(string stream)
    {
        var slash = stream.IndexOf('/', Prefix.Length);
        return slash > 0
            ? new(stream[Prefix.Length..slash], stream[(slash + 1)..])
            : throw new FormatException($"Stream '{stream}' names no object.");
    }
}
