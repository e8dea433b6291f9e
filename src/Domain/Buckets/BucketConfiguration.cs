using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Varve.Domain.Access;

namespace Varve.Domain.Buckets;

/// <summary>How a bucket is configured; null where it is not.</summary>
/// <param name="Policy">As it was put: JSON in the language of AWS IAM.</param>
public sealed record BucketConfiguration(
    string? Policy = null,
    bool PolicyBindsOwner = false,
    Acl? Acl = null,
    ObjectOwnership? Ownership = null,
    PublicAccessBlock? PublicAccess = null,
    ImmutableArray<CorsRule>? Cors = null,
    ImmutableSortedDictionary<string, string>? Tags = null,
    BucketEncryption? Encryption = null,
    NotificationRules? Notifications = null,
    BucketQuota? Quota = null
)
{
    public static readonly BucketConfiguration None = new();

    /// <summary>Why a change would be refused; null where it would not.</summary>
    public Rejection? RefusalOf(BucketConfigurationEvent change, BucketName bucket) =>
        change switch
        {
            BucketConfigurationEvent.AclSet when Ownership == ObjectOwnership.BucketOwnerEnforced => new Rejection(
                ErrorCode.AccessControlListNotSupported
            ),
            BucketConfigurationEvent.AclSet { Acl.IsPublic: true } when PublicAccess?.BlockPublicAcls ?? false =>
                new Rejection(ErrorCode.AccessDenied, "Public access control lists are blocked."),
            BucketConfigurationEvent.OwnershipSet { Ownership: ObjectOwnership.BucketOwnerEnforced }
                when Acl is { } acl && acl.Grants.Any(grant => grant.User != acl.Owner) => new Rejection(
                ErrorCode.InvalidBucketAclWithObjectOwnership
            ),
            BucketConfigurationEvent.PolicySet { Policy: { } policy }
                when (PublicAccess?.BlockPublicPolicy ?? false) && PolicyReader.Read(policy, bucket.Text).IsPublic =>
                new Rejection(ErrorCode.AccessDenied, "Public policies are blocked."),
            _ => null,
        };

    public BucketConfiguration With(BucketConfigurationEvent @event) =>
        @event switch
        {
            BucketConfigurationEvent.PolicySet e => this with
            {
                Policy = e.Policy,
                PolicyBindsOwner = e.BindsOwner ?? false,
            },
            BucketConfigurationEvent.AclSet e => this with { Acl = e.Acl },
            BucketConfigurationEvent.OwnershipSet e => this with { Ownership = e.Ownership },
            BucketConfigurationEvent.PublicAccessSet e => this with { PublicAccess = e.Block },
            BucketConfigurationEvent.CorsSet e => this with { Cors = e.Rules },
            BucketConfigurationEvent.Tagged e => this with { Tags = e.Tags },
            BucketConfigurationEvent.EncryptionSet e => this with { Encryption = e.Encryption },
            BucketConfigurationEvent.NotificationsSet e => this with { Notifications = e.Rules },
            BucketConfigurationEvent.QuotaSet e => this with { Quota = e.Quota },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>A change of a bucket's configuration: each says one thing anew, and null takes it away.</summary>
public abstract record BucketConfigurationEvent : BucketEvent
{
    BucketConfigurationEvent() { }

    /// <param name="BindsOwner">True where the owner confirmed that a denial is to keep even them from changing it.
    /// </param>
    public sealed record PolicySet(string? Policy, bool? BindsOwner, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record AclSet(Acl? Acl, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record OwnershipSet(ObjectOwnership? Ownership, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record PublicAccessSet(PublicAccessBlock? Block, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record CorsSet(ImmutableArray<CorsRule>? Rules, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record Tagged(ImmutableSortedDictionary<string, string>? Tags, DateTimeOffset At)
        : BucketConfigurationEvent;

    public sealed record EncryptionSet(BucketEncryption? Encryption, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record NotificationsSet(NotificationRules? Rules, DateTimeOffset At) : BucketConfigurationEvent;

    public sealed record QuotaSet(BucketQuota? Quota, DateTimeOffset At) : BucketConfigurationEvent;
}

/// <param name="Algorithm">AES256.</param>
public sealed record BucketEncryption(string Algorithm, bool BucketKey)
{
    /// <summary>What the first version of the event said: encrypted, or not.</summary>
    internal static JsonObject OfFlag(JsonObject v1)
    {
        var encryption = (bool)v1["encrypted"]!
            ? new JsonObject { ["algorithm"] = "AES256", ["bucketKey"] = false }
            : null;
        return new JsonObject { ["encryption"] = encryption, ["at"] = v1["at"]!.DeepClone() };
    }
}
