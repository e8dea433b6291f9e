using System.Collections.Frozen;

namespace Varve.Api.S3.Permissions;

/// <summary>The IAM action that each operation needs.</summary>
/// <seealso href="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"/>
static class S3Actions
{
    public const string GetObject = "s3:GetObject";

    public const string GetObjectAttributes = "s3:GetObjectAttributes";

    public const string GetObjectTagging = "s3:GetObjectTagging";

    public const string GetObjectRetention = "s3:GetObjectRetention";

    public const string GetObjectLegalHold = "s3:GetObjectLegalHold";

    public const string PutObject = "s3:PutObject";

    public const string PutObjectAcl = "s3:PutObjectAcl";

    public const string PutObjectTagging = "s3:PutObjectTagging";

    public const string PutObjectRetention = "s3:PutObjectRetention";

    public const string PutObjectLegalHold = "s3:PutObjectLegalHold";

    public const string DeleteObject = "s3:DeleteObject";

    public const string BypassGovernance = "s3:BypassGovernanceRetention";

    public const string ListBucket = "s3:ListBucket";

    /// <summary>Operations whose action has another name.</summary>
    static readonly FrozenDictionary<string, string> Irregular = new Dictionary<string, string>
    {
        ["ListBuckets"] = "s3:ListAllMyBuckets",
        ["HeadBucket"] = ListBucket,
        ["ListObjects"] = ListBucket,
        ["ListObjectsV2"] = ListBucket,
        ["ListObjectVersions"] = "s3:ListBucketVersions",
        ["ListMultipartUploads"] = "s3:ListBucketMultipartUploads",
        ["DeleteObjects"] = DeleteObject,
        ["PostObject"] = PutObject,
        ["CopyObject"] = PutObject,
        ["HeadObject"] = GetObject,
        ["CreateMultipartUpload"] = PutObject,
        ["UploadPart"] = PutObject,
        ["UploadPartCopy"] = PutObject,
        ["CompleteMultipartUpload"] = PutObject,
        ["AppendObject"] = PutObject,
        ["RenameObject"] = PutObject,
        ["ListParts"] = "s3:ListMultipartUploadParts",
        ["SelectObjectContent"] = GetObject,
        ["DeleteBucketCors"] = "s3:PutBucketCORS",
        ["GetBucketCors"] = "s3:GetBucketCORS",
        ["PutBucketCors"] = "s3:PutBucketCORS",
        ["DeleteBucketEncryption"] = "s3:PutEncryptionConfiguration",
        ["GetBucketEncryption"] = "s3:GetEncryptionConfiguration",
        ["PutBucketEncryption"] = "s3:PutEncryptionConfiguration",
        ["DeleteBucketLifecycleConfiguration"] = "s3:PutLifecycleConfiguration",
        ["GetBucketLifecycleConfiguration"] = "s3:GetLifecycleConfiguration",
        ["PutBucketLifecycleConfiguration"] = "s3:PutLifecycleConfiguration",
        ["DeleteBucketOwnershipControls"] = "s3:PutBucketOwnershipControls",
        ["DeleteBucketTagging"] = "s3:PutBucketTagging",
        ["DeletePublicAccessBlock"] = "s3:PutBucketPublicAccessBlock",
        ["GetPublicAccessBlock"] = "s3:GetBucketPublicAccessBlock",
        ["PutPublicAccessBlock"] = "s3:PutBucketPublicAccessBlock",
        ["GetObjectLockConfiguration"] = "s3:GetBucketObjectLockConfiguration",
        ["PutObjectLockConfiguration"] = "s3:PutBucketObjectLockConfiguration",
        ["GetBucketNotificationConfiguration"] = "s3:GetBucketNotification",
        ["PutBucketNotificationConfiguration"] = "s3:PutBucketNotification",
        ["GetBucketAccelerateConfiguration"] = "s3:GetAccelerateConfiguration",
        ["PutBucketAccelerateConfiguration"] = "s3:PutAccelerateConfiguration",
        ["GetBucketReplication"] = "s3:GetReplicationConfiguration",
        ["PutBucketReplication"] = "s3:PutReplicationConfiguration",
        ["DeleteBucketReplication"] = "s3:PutReplicationConfiguration",
    }.ToFrozenDictionary();

    /// <summary>Those that have another name where the request names a version.</summary>
    static readonly FrozenDictionary<string, string> OfVersion = new[]
    {
        "GetObject",
        "GetObjectAcl",
        "GetObjectAttributes",
        "GetObjectTagging",
        "GetObjectTorrent",
        "DeleteObject",
        "DeleteObjectTagging",
        "PutObjectAcl",
        "PutObjectTagging",
    }.ToFrozenDictionary(
        name => $"s3:{name}",
        name => "s3:" + name.Replace("Object", "ObjectVersion", StringComparison.Ordinal)
    );

    public static string Of(string operation) =>
        Irregular.TryGetValue(operation, out var action) ? action : $"s3:{operation}";

    /// <summary>Whether the operation asks itself, once it has read its body: for each key, or for what is in there.
    /// </summary>
    public static bool AsksByItself(string operation) =>
        operation
            is "DeleteObjects"
                or "PostObject"
                or "PutObjectLegalHold"
                or "PutObjectRetention"
                or "PutObjectTagging";

    public static string ForVersion(string action) => OfVersion.GetValueOrDefault(action, action);

    /// <summary>Whether who may do it depends on the object that is there.</summary>
    public static bool LooksAtObject(string action) => action != DeleteObject && OfVersion.ContainsKey(action);
}
