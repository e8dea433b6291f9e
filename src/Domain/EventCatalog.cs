using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Projections;
using Varve.Domain.Uploads;
using Varve.Domain.Users;

namespace Varve.Domain;

/// <summary>
/// The names under which events are stored. Rows are added and never removed: the log outlives us. Fields may be added
/// to an event if they are optional; any other change is a new version, and its row learns how to read the one before.
/// </summary>
public static class EventCatalog
{
    public static readonly ImmutableArray<EventRow> All =
    [
        new("BucketCreated", Json.BucketCreated),
        new("BucketDeletionRequested", Json.BucketDeletionRequested),
        new("BucketDeletionAbandoned", Json.BucketDeletionAbandoned),
        new("BucketDeleted", Json.BucketDeleted),
        new("BucketVersioningSet", Json.BucketVersioningSet),
        new("BucketObjectLockSet", Json.BucketObjectLockSet),
        new("BucketLifecycleSet", Json.BucketLifecycleSet),
        new("BucketPolicySet", Json.BucketPolicySet),
        new("BucketAclSet", Json.BucketAclSet),
        new("BucketOwnershipSet", Json.BucketOwnershipSet),
        new("BucketPublicAccessSet", Json.BucketPublicAccessSet),
        new("BucketCorsSet", Json.BucketCorsSet),
        new("BucketTagged", Json.BucketTagged),
        new("BucketEncryptionSet", Json.BucketEncryptionSet, BucketEncryption.OfFlag),
        new("BucketNotificationsSet", Json.BucketNotificationsSet),
        new("BucketQuotaSet", Json.BucketQuotaSet),
        new("ContentStored", Json.ContentStored),
        new("ContentDamaged", Json.ContentDamaged),
        new("ContentCopied", Json.ContentCopied),
        new("ContentCopyFailed", Json.ContentCopyFailed),
        new("ContentEvicted", Json.ContentEvicted),
        new("ContentRepaired", Json.ContentRepaired),
        new("ContentPurgeScheduled", Json.ContentPurgeScheduled),
        new("ContentRevived", Json.ContentRevived),
        new("ContentPurged", Json.ContentPurged),
        new("ObjectPut", Json.ObjectPut),
        new("ObjectAclSet", Json.ObjectAclSet),
        new("ObjectDeleted", Json.ObjectDeleted),
        new("ObjectVersionDeleted", Json.ObjectVersionDeleted),
        new("ObjectTagged", Json.ObjectTagged),
        new("ObjectLockSet", Json.ObjectLockSet),
        new("UploadInitiated", Json.UploadInitiated),
        new("PartUploaded", Json.PartUploaded),
        new("UploadCompleted", Json.UploadCompleted),
        new("UploadCancelled", Json.UploadCancelled),
        new("UploadExpired", Json.UploadExpired),
        new("UserSignedUp", Json.UserSignedUp),
        new("UserContactSet", Json.UserContactSet),
        new("UserErased", Json.UserErased),
        new("AuditorRightGranted", Json.AuditorRightGranted),
        new("AuditorRightRevoked", Json.AuditorRightRevoked),
        new("AccessKeyCreated", Json.AccessKeyCreated),
        new("AccessKeyRevoked", Json.AccessKeyRevoked),
        new("EventSkipped", Json.EventSkipped),
        new("CommandHandled", Json.CommandHandled),
    ];

    static readonly FrozenDictionary<string, EventRow> ByName = All.ToFrozenDictionary(row => row.Name);
    static readonly FrozenDictionary<Type, EventRow> ByType = All.ToFrozenDictionary(row => row.Shape.Type);

    static EventJson Json => EventJson.Default;

    public static EventRow RowOf(object @event) =>
        ByType.TryGetValue(@event.GetType(), out var row)
            ? row
            : throw new ArgumentException($"{@event.GetType()} has no row in the event catalog.", nameof(@event));

    /// <param name="version">Under which it was written; see <see cref="EventMetadata.VersionOf"/>.</param>
    /// <exception cref="UnknownEventException">No row has this name or version: the log is newer than this program.
    /// </exception>
    /// <exception cref="JsonException">The data is not what the row says.</exception>
    public static object Decode(string name, int version, ReadOnlySpan<byte> data) =>
        ByName.TryGetValue(name, out var row)
            ? row.Decode(version, data)
            : throw new UnknownEventException($"Event '{name}' is unknown to this version of Varve", name);

    /// <summary>Whether this program can read events of this name.</summary>
    public static bool Knows(string name) => ByName.ContainsKey(name);
}

/// <param name="Name">As stored, for ever.</param>
/// <param name="Shape">Of the newest version, which is the one that is written.</param>
/// <param name="Upcasters">How to read older versions: the first makes a version 2 of a version 1, and so on. Pure.
/// </param>
public sealed record EventRow(
    string Name,
    JsonTypeInfo Shape,
    params ImmutableArray<Func<JsonObject, JsonObject>> Upcasters
)
{
    public int Version => Upcasters.Length + 1;

    public byte[] Encode(object @event) => JsonSerializer.SerializeToUtf8Bytes(@event, Shape);

    /// <inheritdoc cref="EventCatalog.Decode"/>
    public object Decode(int version, ReadOnlySpan<byte> data)
    {
        if (version < 1 || version > Version)
            throw new UnknownEventException(
                $"Event '{Name}' has version {version}; this version of Varve reads it up to version {Version}",
                Name
            );
        var read = version == Version ? JsonSerializer.Deserialize(data, Shape) : Upcast(version, data);
        return read ?? throw new JsonException($"{Name}: null.");
    }

    object? Upcast(int version, ReadOnlySpan<byte> data)
    {
        var old = JsonSerializer.Deserialize(data, EventJson.Default.JsonObject);
        return old is null
            ? null
            : Upcasters.Skip(version - 1).Aggregate(old, (json, next) => next(json)).Deserialize(Shape);
    }
}

/// <summary>A name or version of an event that this program does not know. Skipping a fact would be losing it.
/// </summary>
public sealed class UnknownEventException(string what, string name)
    : Exception($"{what}: a newer Varve wrote it. Update this one, or skip the event by its position.")
{
    public string Name { get; } = name;
}

/// <summary>Written beside every event.</summary>
/// <param name="At">The command's time, UTC.</param>
/// <param name="By">The acting user.</param>
/// <param name="CausationId">The command's id.</param>
/// <param name="Version">Of the event's schema.</param>
/// <param name="Trace">The span that wrote it, as in W3C Trace Context; null if it was not recorded.</param>
public sealed record EventMetadata(
    DateTimeOffset At,
    string By,
    [property: JsonPropertyName("$causationId")] Guid CausationId,
    [property: JsonPropertyName("$correlationId")] string? CorrelationId,
    int Version = 1,
    [property: JsonPropertyName("traceparent")] string? Trace = null
)
{
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, EventJson.Default.EventMetadata);

    /// <exception cref="JsonException">Not Varve's metadata.</exception>
    public static EventMetadata Decode(ReadOnlySpan<byte> data) =>
        JsonSerializer.Deserialize(data, EventJson.Default.EventMetadata) ?? throw new JsonException("null");

    /// <summary>The schema version alone: what decoding an event asks for, a million times over.</summary>
    /// <returns>1 where the metadata does not say.</returns>
    /// <exception cref="JsonException">The metadata is not JSON.</exception>
    public static int VersionOf(ReadOnlySpan<byte> data) =>
        !Seek(data, "version"u8, out var value) ? 1
        : value.TokenType == JsonTokenType.Number && value.TryGetInt32(out var version) ? version
        : 0;

    /// <summary>The trace alone; null where there is none, or the metadata is not Varve's.</summary>
    public static string? TraceOf(ReadOnlySpan<byte> data)
    {
        try
        {
            return Seek(data, "traceparent"u8, out var value) && value.TokenType == JsonTokenType.String
                ? value.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null; // a trace is never worth stopping for
        }
    }

    static bool Seek(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name, out Utf8JsonReader value)
    {
        value = new Utf8JsonReader(data);
        while (!data.IsEmpty && value.Read())
            if (value is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && value.ValueTextEquals(name))
                return value.Read();
        return false;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(BucketEvent.Created), TypeInfoPropertyName = "BucketCreated")]
[JsonSerializable(typeof(BucketEvent.DeletionRequested), TypeInfoPropertyName = "BucketDeletionRequested")]
[JsonSerializable(typeof(BucketEvent.DeletionAbandoned), TypeInfoPropertyName = "BucketDeletionAbandoned")]
[JsonSerializable(typeof(BucketEvent.Deleted), TypeInfoPropertyName = "BucketDeleted")]
[JsonSerializable(typeof(BucketEvent.VersioningSet), TypeInfoPropertyName = "BucketVersioningSet")]
[JsonSerializable(typeof(BucketEvent.ObjectLockSet), TypeInfoPropertyName = "BucketObjectLockSet")]
[JsonSerializable(typeof(BucketEvent.LifecycleSet), TypeInfoPropertyName = "BucketLifecycleSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.PolicySet), TypeInfoPropertyName = "BucketPolicySet")]
[JsonSerializable(typeof(BucketConfigurationEvent.AclSet), TypeInfoPropertyName = "BucketAclSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.OwnershipSet), TypeInfoPropertyName = "BucketOwnershipSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.PublicAccessSet), TypeInfoPropertyName = "BucketPublicAccessSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.CorsSet), TypeInfoPropertyName = "BucketCorsSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.Tagged), TypeInfoPropertyName = "BucketTagged")]
[JsonSerializable(typeof(BucketConfigurationEvent.EncryptionSet), TypeInfoPropertyName = "BucketEncryptionSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.NotificationsSet), TypeInfoPropertyName = "BucketNotificationsSet")]
[JsonSerializable(typeof(BucketConfigurationEvent.QuotaSet), TypeInfoPropertyName = "BucketQuotaSet")]
[JsonSerializable(typeof(ContentEvent.Stored), TypeInfoPropertyName = "ContentStored")]
[JsonSerializable(typeof(ContentEvent.Damaged), TypeInfoPropertyName = "ContentDamaged")]
[JsonSerializable(typeof(ContentEvent.Copied), TypeInfoPropertyName = "ContentCopied")]
[JsonSerializable(typeof(ContentEvent.CopyFailed), TypeInfoPropertyName = "ContentCopyFailed")]
[JsonSerializable(typeof(ContentEvent.Evicted), TypeInfoPropertyName = "ContentEvicted")]
[JsonSerializable(typeof(ContentEvent.Repaired), TypeInfoPropertyName = "ContentRepaired")]
[JsonSerializable(typeof(ContentEvent.PurgeScheduled), TypeInfoPropertyName = "ContentPurgeScheduled")]
[JsonSerializable(typeof(ContentEvent.Revived), TypeInfoPropertyName = "ContentRevived")]
[JsonSerializable(typeof(ContentEvent.Purged), TypeInfoPropertyName = "ContentPurged")]
[JsonSerializable(typeof(ObjectEvent.Put), TypeInfoPropertyName = "ObjectPut")]
[JsonSerializable(typeof(ObjectEvent.Deleted), TypeInfoPropertyName = "ObjectDeleted")]
[JsonSerializable(typeof(ObjectEvent.VersionDeleted), TypeInfoPropertyName = "ObjectVersionDeleted")]
[JsonSerializable(typeof(ObjectEvent.Tagged), TypeInfoPropertyName = "ObjectTagged")]
[JsonSerializable(typeof(ObjectEvent.LockSet), TypeInfoPropertyName = "ObjectLockSet")]
[JsonSerializable(typeof(ObjectEvent.AclSet), TypeInfoPropertyName = "ObjectAclSet")]
[JsonSerializable(typeof(UploadEvent.Initiated), TypeInfoPropertyName = "UploadInitiated")]
[JsonSerializable(typeof(UploadEvent.PartUploaded), TypeInfoPropertyName = "PartUploaded")]
[JsonSerializable(typeof(UploadEvent.Completed), TypeInfoPropertyName = "UploadCompleted")]
[JsonSerializable(typeof(UploadEvent.Cancelled), TypeInfoPropertyName = "UploadCancelled")]
[JsonSerializable(typeof(UploadEvent.Expired), TypeInfoPropertyName = "UploadExpired")]
[JsonSerializable(typeof(UserEvent.SignedUp), TypeInfoPropertyName = "UserSignedUp")]
[JsonSerializable(typeof(UserEvent.ContactSet), TypeInfoPropertyName = "UserContactSet")]
[JsonSerializable(typeof(UserEvent.Erased), TypeInfoPropertyName = "UserErased")]
[JsonSerializable(typeof(UserEvent.AuditorRightGranted))]
[JsonSerializable(typeof(UserEvent.AuditorRightRevoked))]
[JsonSerializable(typeof(UserEvent.AccessKeyCreated), TypeInfoPropertyName = "AccessKeyCreated")]
[JsonSerializable(typeof(UserEvent.AccessKeyRevoked), TypeInfoPropertyName = "AccessKeyRevoked")]
[JsonSerializable(typeof(ProjectionEvent.EventSkipped), TypeInfoPropertyName = "EventSkipped")]
[JsonSerializable(typeof(CommandHandled))]
[JsonSerializable(typeof(EventMetadata))]
[JsonSerializable(typeof(JsonObject))]
sealed partial class EventJson : JsonSerializerContext;
