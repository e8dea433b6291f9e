using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Varve.Domain.Access;

/// <summary>What an access control list can grant.</summary>
public enum AclRight
{
    Read,
    Write,
    ReadAcp,
    WriteAcp,
    FullControl,
}

/// <summary>The groups that S3 has.</summary>
public enum AclGroup
{
    /// <summary>Everybody, with a signature or without.</summary>
    AllUsers,

    /// <summary>Everybody with a signature.</summary>
    AuthenticatedUsers,

    /// <summary>S3's own log writer, whom Varve does not have.</summary>
    LogDelivery,
}

/// <summary>One right for one user, or for one group.</summary>
/// <param name="User">Null where <paramref name="Group"/> says whom.</param>
public sealed record Grant(AclRight Right, string? User, AclGroup? Group)
{
    public static Grant To(string user, AclRight right) => new(right, user, Group: null);

    public static Grant To(AclGroup group, AclRight right) => new(right, User: null, group);

    /// <summary>To everybody, or to everybody with a signature: S3 calls both public.</summary>
    [JsonIgnore]
    public bool IsPublic => Group is AclGroup.AllUsers or AclGroup.AuthenticatedUsers;
}

/// <summary>Who may do what with a bucket, or with an object. Where a bucket or an object has none, it is private.
/// </summary>
/// <param name="Owner">A user. May always read and replace the list, even where no grant says so.</param>
/// <param name="Grants">At most <see cref="GrantsMax"/>.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html"/>
public sealed record Acl(string Owner, ImmutableArray<Grant> Grants)
{
    public const int GrantsMax = 100;

    [JsonIgnore]
    public bool IsPublic => Grants.Any(grant => grant.IsPublic);

    public static Acl Private(string owner) => new(owner, [Grant.To(owner, AclRight.FullControl)]);

    /// <summary>One of the lists that S3 has names for.</summary>
    /// <param name="bucketOwner">Null for the list of a bucket.</param>
    /// <returns>Null for a name that S3 does not know.</returns>
    public static Acl? Canned(string name, string owner, string? bucketOwner)
    {
        var other = bucketOwner == owner ? null : bucketOwner;
        ImmutableArray<Grant>? more = name switch
        {
            "private" or "aws-exec-read" => [],
            "public-read" => [Grant.To(AclGroup.AllUsers, AclRight.Read)],
            "public-read-write" =>
            [
                Grant.To(AclGroup.AllUsers, AclRight.Read),
                Grant.To(AclGroup.AllUsers, AclRight.Write),
            ],
            "authenticated-read" => [Grant.To(AclGroup.AuthenticatedUsers, AclRight.Read)],
            "bucket-owner-read" => other is null ? [] : [Grant.To(other, AclRight.Read)],
            "bucket-owner-full-control" => other is null ? [] : [Grant.To(other, AclRight.FullControl)],
            "log-delivery-write" =>
            [
                Grant.To(AclGroup.LogDelivery, AclRight.Write),
                Grant.To(AclGroup.LogDelivery, AclRight.ReadAcp),
            ],
            _ => null,
        };
        return more is { } grants ? new(owner, [.. grants, Grant.To(owner, AclRight.FullControl)]) : null;
    }

    /// <summary>A list is what it grants, in this order.</summary>
    public bool Equals(Acl? other) => other is not null && Owner == other.Owner && Grants.SequenceEqual(other.Grants);

    public override int GetHashCode() => HashCode.Combine(Owner, Grants.Length);

    /// <summary>Whether it says no more than that everything is its owner's, who owns the bucket too: such a list is
    /// not kept.</summary>
    public bool IsDefault(string bucketOwner) =>
        Owner == bucketOwner && Grants is [{ Right: AclRight.FullControl } only] && only.User == Owner;

    /// <param name="ignorePublic">Grants to groups do not count.</param>
    public bool Allows(Principal who, AclRight right, bool ignorePublic)
    {
        if ((right is AclRight.ReadAcp or AclRight.WriteAcp) && who.Owns(Owner))
            return true;
        foreach (var grant in Grants)
            if ((grant.Right == right || grant.Right == AclRight.FullControl) && IsFor(grant, who, ignorePublic))
                return true;
        return false;
    }

    static bool IsFor(Grant grant, Principal who, bool ignorePublic) =>
        grant.Group switch
        {
            null => who.Owns(grant.User!),
            AclGroup.AllUsers => !ignorePublic,
            AclGroup.AuthenticatedUsers => !ignorePublic && !who.IsAnonymous,
            _ => false,
        };
}
