namespace Varve.Domain.Access;

/// <summary>What a bucket says of who may do what.</summary>
/// <param name="PolicyBindsOwner">A denial of the policy keeps its owner from changing it too.</param>
/// <param name="Acl">Null where it is private.</param>
public sealed record BucketAccess(
    string Owner,
    BucketPolicy? Policy,
    bool PolicyBindsOwner,
    Acl? Acl,
    ObjectOwnership Ownership,
    PublicAccessBlock PublicAccess
)
{
    /// <summary>Nobody's but its owner's.</summary>
    public static BucketAccess Private(string owner) =>
        new(owner, null, PolicyBindsOwner: false, null, ObjectOwnership.ObjectWriter, PublicAccessBlock.None);
}

/// <summary>Decides every request to S3. Pure.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html"/>
public static class Authorization
{
    /// <summary>
    /// What the policy denies is denied. Then root may; then whom the policy allows; then whom the access control list
    /// of the bucket, or of the object, grants it. What no list can grant is the bucket's owner's; and so is the policy
    /// itself, whatever it says.
    /// </summary>
    /// <param name="acl">Of the object that the request is about; null where it has none, or there is no such object.
    /// </param>
    public static bool Allows(AccessRequest request, BucketAccess bucket, Acl? acl)
    {
        var (who, owns) = (request.Who, request.Who.Owns(bucket.Owner));
        var verdict = bucket.Policy?.Evaluate(request) ?? PolicyVerdict.Silent;
        if (IsAboutPolicy(request.Action))
            return who.Root || (owns && !(bucket.PolicyBindsOwner && verdict == PolicyVerdict.Denied));
        if (verdict == PolicyVerdict.Denied)
            return false;
        if (who.Root)
            return true;

        var enforced = bucket.Ownership == ObjectOwnership.BucketOwnerEnforced;
        var onObject = ObjectRightOf(request.Action);
        var theirs = onObject is not null && !enforced && acl is not null && acl.Owner != bucket.Owner;
        if (verdict == PolicyVerdict.Allowed && !theirs && (owns || !IsRestricted(bucket)))
            return true;

        if ((onObject ?? BucketRightOf(request.Action)) is not { } right)
            return owns;
        var list = onObject is null ? bucket.Acl : acl;
        return enforced || list is null ? owns : list.Allows(who, right, bucket.PublicAccess.IgnorePublicAcls);
    }

    /// <summary>A public policy is then for the owner alone.</summary>
    static bool IsRestricted(BucketAccess bucket) =>
        bucket.PublicAccess.RestrictPublicBuckets && bucket.Policy!.IsPublic;

    /// <summary>Nobody is to lock the owner out by mistake, or to be let in further by whom a policy let in.</summary>
    static bool IsAboutPolicy(string action) =>
        action is "s3:GetBucketPolicy" or "s3:PutBucketPolicy" or "s3:DeleteBucketPolicy";

    /// <summary>The right in an object's list that an action needs; null where that list has no say.</summary>
    static AclRight? ObjectRightOf(string action) =>
        action switch
        {
            "s3:GetObject" or "s3:GetObjectVersion" or "s3:GetObjectAttributes" or "s3:GetObjectVersionAttributes" =>
                AclRight.Read,
            "s3:GetObjectAcl" or "s3:GetObjectVersionAcl" => AclRight.ReadAcp,
            "s3:PutObjectAcl" or "s3:PutObjectVersionAcl" => AclRight.WriteAcp,
            _ => null,
        };

    static AclRight? BucketRightOf(string action) =>
        action switch
        {
            "s3:ListBucket" or "s3:ListBucketVersions" or "s3:ListBucketMultipartUploads" => AclRight.Read,
            "s3:PutObject" or "s3:DeleteObject" or "s3:AbortMultipartUpload" or "s3:ListMultipartUploadParts" =>
                AclRight.Write,
            "s3:GetBucketAcl" => AclRight.ReadAcp,
            "s3:PutBucketAcl" => AclRight.WriteAcp,
            _ => null,
        };
}
