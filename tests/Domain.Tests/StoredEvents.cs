using System.Collections.Immutable;
using System.Text.Json;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Projections;
using Varve.Domain.Uploads;
using Varve.Domain.Users;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

/// <summary>An event as it lies in logs: a file in <c>Samples</c>, and what it means today.</summary>
/// <param name="Sample">Its file's name: <c>Event.vN</c>, and behind it what sets it apart from the first.</param>
sealed record StoredEvent(string Sample, object Means)
{
    static readonly ObjectAttributes Attributes = new(
        "image/jpeg",
        ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("cache-control", "no-cache")]),
        ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("owner", "ana")])
    );

    static readonly ObjectChecksum Crc = new("CRC32", "AAAAAA==", "FULL_OBJECT");
    static readonly ObjectEncryption Sealed = new(EncryptionKind.CustomerKey, "AAAA");
    static readonly ObjectLock Lock = new(new(RetentionMode.Governance, Noon.AddDays(1)), LegalHold: true);
    static readonly ImmutableSortedDictionary<string, string> Tags = ImmutableSortedDictionary.CreateRange([
        KeyValuePair.Create("a", "b"),
    ]);

    static readonly ObjectEvent.Put Versioned = new(
        "v",
        "e3",
        "da",
        1,
        "d4",
        Attributes,
        Crc,
        ObjectOrigin.Copy,
        "photos/cat",
        Noon,
        "u1",
        Sealed,
        BucketVersioning.Enabled,
        Tags,
        Lock
    );

    static readonly NotificationRules Told = new([
        new(
            "r",
            NotificationTarget.Topic,
            "arn:varve:sns::hook:webhook",
            ["s3:ObjectCreated:*"],
            Prefix: "logs/",
            Suffix: ".gz"
        ),
    ]);

    static readonly LifecycleRules Rules = new([
        new(
            "r",
            Enabled: true,
            new(And: true, "logs/", Tags, SizeGreaterThan: 1, SizeLessThan: 9),
            "old/",
            new(1, Noon, DeleteMarkers: true),
            new(2, 3),
            4
        ),
    ]);

    static readonly Acl Public = Acl.Canned("public-read", "ana", bucketOwner: null)!;
    static readonly ObjectEvent.Put Open = Versioned with { Acl = Public };
    static readonly ObjectEvent.Put Posted = new("v", "e3", "da", 1, "d4", new(), null, ObjectOrigin.Put, null, Noon)
    {
        Posted = true,
    };
    static readonly ImmutableSortedDictionary<string, string> Red = ImmutableSortedDictionary.CreateRange([
        KeyValuePair.Create("colour", "red"),
    ]);
    static readonly UploadPlan Plan = new("da", 1, 5_242_880, 1);

    // csharpier-ignore
    /// <summary>Every version ever written, each with all of its fields and with the required ones alone. Rows are
    /// added; when an event changes, what its old samples mean is said anew, and the files stay as they are.</summary>
    public static readonly ImmutableArray<StoredEvent> All =
    [
        new("BucketCreated.v1", new BucketEvent.Created("ana", Noon)),
        new("BucketDeletionRequested.v1", new BucketEvent.DeletionRequested(Noon)),
        new("BucketDeletionAbandoned.v1", new BucketEvent.DeletionAbandoned(Noon)),
        new("BucketDeleted.v1", new BucketEvent.Deleted(Noon)),
        new("BucketVersioningSet.v1", new BucketEvent.VersioningSet(BucketVersioning.Enabled, Noon)),
        new("BucketObjectLockSet.v1", new BucketEvent.ObjectLockSet(new(RetentionMode.Compliance, 1, 2), Noon)),
        new("BucketObjectLockSet.v1.required", new BucketEvent.ObjectLockSet(null, Noon)),
        new("BucketLifecycleSet.v1", new BucketEvent.LifecycleSet(Rules, Noon)),
        new("BucketLifecycleSet.v1.required", new BucketEvent.LifecycleSet(null, Noon)),
        new("BucketPolicySet.v1", new BucketConfigurationEvent.PolicySet("as it was put", BindsOwner: true, Noon)),
        new("BucketPolicySet.v1.required", new BucketConfigurationEvent.PolicySet(null, null, Noon)),
        new("BucketAclSet.v1", new BucketConfigurationEvent.AclSet(Public, Noon)),
        new("BucketAclSet.v1.required", new BucketConfigurationEvent.AclSet(null, Noon)),
        new("BucketOwnershipSet.v1",
            new BucketConfigurationEvent.OwnershipSet(ObjectOwnership.BucketOwnerEnforced, Noon)),
        new("BucketOwnershipSet.v1.required", new BucketConfigurationEvent.OwnershipSet(null, Noon)),
        new("BucketPublicAccessSet.v1",
            new BucketConfigurationEvent.PublicAccessSet(new(true, false, true, false), Noon)),
        new("BucketPublicAccessSet.v1.required", new BucketConfigurationEvent.PublicAccessSet(null, Noon)),
        new("BucketCorsSet.v1",
            new BucketConfigurationEvent.CorsSet([new("r", ["*"], ["GET"], ["*"], ["etag"], 60)], Noon)),
        new("BucketCorsSet.v1.required", new BucketConfigurationEvent.CorsSet(null, Noon)),
        new("BucketTagged.v1", new BucketConfigurationEvent.Tagged(Red, Noon)),
        new("BucketTagged.v1.required", new BucketConfigurationEvent.Tagged(null, Noon)),
        new("BucketEncryptionSet.v1", new BucketConfigurationEvent.EncryptionSet(new("AES256", false), Noon)),
        new("BucketEncryptionSet.v2", new BucketConfigurationEvent.EncryptionSet(new("AES256", true), Noon)),
        new("BucketEncryptionSet.v2.required", new BucketConfigurationEvent.EncryptionSet(null, Noon)),
        new("BucketNotificationsSet.v1", new BucketConfigurationEvent.NotificationsSet(Told, Noon)),
        new("BucketNotificationsSet.v1.required", new BucketConfigurationEvent.NotificationsSet(null, Noon)),
        new("BucketQuotaSet.v1", new BucketConfigurationEvent.QuotaSet(new(1 << 30, 1000), Noon)),
        new("BucketQuotaSet.v1.required", new BucketConfigurationEvent.QuotaSet(null, Noon)),
        new("ContentStored.v1", new ContentEvent.Stored("e3", "da", "d4", 0, "disk:volume/000001@0", Noon)),
        new("ContentStored.v1.required", new ContentEvent.Stored("e3", "da", null, 0, "disk:volume/000001@0", Noon)),
        new("ContentDamaged.v1", new ContentEvent.Damaged("disk:x", "CRC", Noon)),
        new("ContentCopied.v1", new ContentEvent.Copied("da", "ceph", "ceph:userfile/ceph/e3", Noon)),
        new("ContentCopyFailed.v1", new ContentEvent.CopyFailed("ceph", "no answer", Noon)),
        new("ContentEvicted.v1", new ContentEvent.Evicted("da", "disk", "disk:x", Noon)),
        new("ContentRepaired.v1", new ContentEvent.Repaired("da", "disk", "disk:y", "ceph:userfile/ceph/e3", Noon)),
        new("ContentPurgeScheduled.v1", new ContentEvent.PurgeScheduled(Noon.AddDays(1), Noon)),
        new("ContentRevived.v1", new ContentEvent.Revived(Noon)),
        new("ContentPurged.v1", new ContentEvent.Purged(Noon)),
        new("ObjectPut.v1",
            new ObjectEvent.Put("v", "e3", "da", 1, "d4", Attributes, Crc, ObjectOrigin.Copy, "photos/cat", Noon)),
        new("ObjectPut.v1.required",
            new ObjectEvent.Put("v", "e3", "da", 1, "d4", new(), null, ObjectOrigin.Copy, null, Noon)),
        new("ObjectPut.v1.upload",
            new ObjectEvent.Put("v", "e3", "da", 1, "d4", new(), null, ObjectOrigin.Copy, null, Noon, Upload: "u1")),
        new("ObjectPut.v1.encryption",
            new ObjectEvent.Put("v", "e3", "da", 1, "d4", new(), null, ObjectOrigin.Copy, null, Noon, null, Sealed)),
        new("ObjectPut.v1.versioned", Versioned),
        new("ObjectPut.v1.acl",
            new ObjectEvent.Put("v", "e3", "da", 1, "d4", new(), null, ObjectOrigin.Copy, null, Noon) { Acl = Public }),
        new("ObjectPut.v1.posted", Posted),
        new("ObjectAclSet.v1", new ObjectEvent.AclSet("v", Public, Open, Noon)),
        new("ObjectAclSet.v1.posted", new ObjectEvent.AclSet("v", null, Posted, Noon)),
        new("ObjectAclSet.v1.required", new ObjectEvent.AclSet("v", null, null, Noon)),
        new("ObjectDeleted.v1", new ObjectEvent.Deleted("v", "photos/dog", Noon)),
        new("ObjectDeleted.v1.required", new ObjectEvent.Deleted("v", null, Noon)),
        new("ObjectDeleted.v1.versioned",
            new ObjectEvent.Deleted("v", "photos/dog", Noon, BucketVersioning.Suspended)),
        new("ObjectVersionDeleted.v1", new ObjectEvent.VersionDeleted("w", Versioned, true, Noon)),
        new("ObjectVersionDeleted.v1.acl", new ObjectEvent.VersionDeleted("w", Open, true, Noon)),
        new("ObjectVersionDeleted.v1.posted", new ObjectEvent.VersionDeleted("w", Posted, null, Noon)),
        new("ObjectVersionDeleted.v1.required", new ObjectEvent.VersionDeleted("w", null, null, Noon)),
        new("ObjectTagged.v1", new ObjectEvent.Tagged("v", Tags, Versioned, Noon)),
        new("ObjectTagged.v1.acl", new ObjectEvent.Tagged("v", Tags, Open, Noon)),
        new("ObjectTagged.v1.posted", new ObjectEvent.Tagged("v", null, Posted, Noon)),
        new("ObjectTagged.v1.required", new ObjectEvent.Tagged("v", null, null, Noon)),
        new("ObjectLockSet.v1", new ObjectEvent.LockSet("v", Lock, Versioned, Noon)),
        new("ObjectLockSet.v1.acl", new ObjectEvent.LockSet("v", Lock, Open, Noon)),
        new("ObjectLockSet.v1.posted", new ObjectEvent.LockSet("v", new(), Posted, Noon)),
        new("ObjectLockSet.v1.required", new ObjectEvent.LockSet("v", new(), null, Noon)),
        new("UploadInitiated.v1",
            new UploadEvent.Initiated("photos", "cat", "ana", Attributes, "CRC32", "COMPOSITE", Plan, Noon)),
        new("UploadInitiated.v1.required",
            new UploadEvent.Initiated("photos", "cat", "ana", new(), null, null, null, Noon)),
        new("UploadInitiated.v1.encryption",
            new UploadEvent.Initiated("photos", "cat", "ana", new(), null, null, null, Noon, Sealed)),
        new("UploadInitiated.v1.locked",
            new UploadEvent.Initiated("photos", "cat", "ana", Attributes, "CRC32", "COMPOSITE", Plan, Noon, Sealed, Tags,
                Lock)),
        new("UploadInitiated.v1.acl",
            new UploadEvent.Initiated("photos", "cat", "ana", new(), null, null, null, Noon) { Acl = Public }),
        new("PartUploaded.v1", new UploadEvent.PartUploaded(1, 5, "d4", "AAAAAA==", "disk:x", Noon)),
        new("PartUploaded.v1.required", new UploadEvent.PartUploaded(1, 5, "d4", null, "disk:x", Noon)),
        new("PartUploaded.v1.salt", new UploadEvent.PartUploaded(1, 5, "d4", null, "disk:x", Noon, Salt: "AAAA")),
        new("UploadCompleted.v1", new UploadEvent.Completed("e3", "da", 1, "d4-1", Crc, "disk:x", [3], Noon)),
        new("UploadCompleted.v1.required",
            new UploadEvent.Completed("e3", "da", 1, "d4-1", null, null, null, Noon)),
        new("UploadCompleted.v1.versioned",
            new UploadEvent.Completed("e3", "da", 1, "d4-1", Crc, "disk:x", [3], Noon, "v")),
        new("UploadCancelled.v1", new UploadEvent.Cancelled(Noon)),
        new("UploadExpired.v1", new UploadEvent.Expired(Noon)),
        new("UserSignedUp.v1", new UserEvent.SignedUp("ana", Noon)),
        new("UserContactSet.v1", new UserEvent.ContactSet(new("k1", "AAAA"), Noon)),
        new("UserErased.v1", new UserEvent.Erased(Noon)),
        new("AuditorRightGranted.v1", new UserEvent.AuditorRightGranted(Noon)),
        new("AuditorRightRevoked.v1", new UserEvent.AuditorRightRevoked(Noon)),
        new("AccessKeyCreated.v1", new UserEvent.AccessKeyCreated("VK1", Noon)),
        new("AccessKeyRevoked.v1", new UserEvent.AccessKeyRevoked("VK1", Noon)),
        new("EventSkipped.v1",
            new ProjectionEvent.EventSkipped("object-photos/cat", 3, 42, "ObjectPut", "written by a broken program", Noon)),
        new("CommandHandled.v1", new CommandHandled("Put", "object-photos/cat", [new("bucket-photos", 0)])),
    ];

    public string Name => Sample.Split('.')[0];

    public int Version => int.Parse(Sample.Split('.')[1][1..], System.Globalization.CultureInfo.InvariantCulture);

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Samples");

    public JsonElement Read() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, $"{Sample}.json"))).RootElement;
}
