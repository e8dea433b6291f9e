using System.Collections.Frozen;
using System.Collections.Immutable;
using Varve.Api.S3.Operations;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using static Varve.Api.S3.Access;

namespace Varve.Api.S3;

/// <summary>
/// Everything that a request to the S3 port can ask. What AWS documents and Varve does not do has a row too: without it
/// <c>PUT key?acl</c> would fall through to PutObject and overwrite the object with its ACL.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html"/>
public static class S3Operations
{
    // csharpier-ignore
    public static readonly ImmutableArray<S3Operation> All =
    [
        new("ListBuckets", "GET /", AnyUser, ListBuckets.Handle),
        new("GetCallerIdentity", "POST /", AnyUser, CallerIdentity.Handle),

        new("CreateBucket", "PUT /{bucket}", AnyUser, CreateBucket.Handle),
        new("HeadBucket", "HEAD /{bucket}", Permitted, HeadBucket.Handle),
        new("DeleteBucket", "DELETE /{bucket}", Permitted, DeleteBucket.Handle),
        new("GetBucketLocation", "GET /{bucket}?location", Permitted, GetBucketLocation.Handle),
        new("GetBucketVersioning", "GET /{bucket}?versioning", Permitted, GetBucketVersioning.Handle),
        new("PutBucketVersioning", "PUT /{bucket}?versioning", Permitted, PutBucketVersioning.Handle),
        new("GetObjectLockConfiguration", "GET /{bucket}?object-lock", Permitted, LockedBucket.Get),
        new("PutObjectLockConfiguration", "PUT /{bucket}?object-lock", Permitted, LockedBucket.Put),
        new("GetBucketLifecycleConfiguration", "GET /{bucket}?lifecycle", Permitted, BucketLifecycle.Get),
        new("PutBucketLifecycleConfiguration", "PUT /{bucket}?lifecycle", Permitted, BucketLifecycle.Put),
        new("DeleteBucketLifecycleConfiguration", "DELETE /{bucket}?lifecycle", Permitted, BucketLifecycle.Delete),
        new("ListObjects", "GET /{bucket}", Permitted, ListObjects.HandleV1),
        new("ListObjectsV2", "GET /{bucket}?list-type=2", Permitted, ListObjects.HandleV2),
        new("ListObjectVersions", "GET /{bucket}?versions", Permitted, ListObjectVersions.Handle),
        new("ListMultipartUploads", "GET /{bucket}?uploads", Permitted, ListMultipartUploads.Handle),
        new("DeleteObjects", "POST /{bucket}?delete", Permitted, DeleteObjects.Handle),
        new("PostObject", "POST /{bucket}", Permitted, PostObject.Handle),

        new("PutObject", "PUT /{bucket}/{key}", Permitted, PutObject.Handle) { TakesStreams = true },
        new("CopyObject", "PUT /{bucket}/{key} x-amz-copy-source", Permitted, CopyObject.Handle),
        new("GetObject", "GET /{bucket}/{key}?[partNumber]&[versionId]", Permitted, GetObject.Handle),
        new("HeadObject", "HEAD /{bucket}/{key}?[partNumber]&[versionId]", Permitted, GetObject.Handle),
        new("DeleteObject", "DELETE /{bucket}/{key}?[versionId]", Permitted, DeleteObject.Handle),

        new("CreateMultipartUpload", "POST /{bucket}/{key}?uploads", Permitted, CreateMultipartUpload.Handle),
        new("UploadPart", "PUT /{bucket}/{key}?partNumber&uploadId", Permitted, UploadPart.Handle)
            { TakesStreams = true },
        new("UploadPartCopy", "PUT /{bucket}/{key}?partNumber&uploadId x-amz-copy-source", Permitted,
            UploadPartCopy.Handle),
        new("CompleteMultipartUpload", "POST /{bucket}/{key}?uploadId", Permitted, CompleteMultipartUpload.Handle),
        new("AbortMultipartUpload", "DELETE /{bucket}/{key}?uploadId", Permitted, AbortMultipartUpload.Handle),
        new("ListParts", "GET /{bucket}/{key}?uploadId", Permitted, ListParts.Handle),

        new("GetObjectAttributes", "GET /{bucket}/{key}?attributes&[versionId]", Permitted,
            GetObjectAttributes.Handle),
        new("GetObjectAcl", "GET /{bucket}/{key}?acl&[versionId]", Permitted, ObjectAcl.Get),
        new("PutObjectAcl", "PUT /{bucket}/{key}?acl&[versionId]", Permitted, ObjectAcl.Put),
        new("GetObjectTagging", "GET /{bucket}/{key}?tagging&[versionId]", Permitted, GetObjectTagging.Handle),
        new("PutObjectTagging", "PUT /{bucket}/{key}?tagging&[versionId]", Permitted, PutObjectTagging.Handle),
        new("DeleteObjectTagging", "DELETE /{bucket}/{key}?tagging&[versionId]", Permitted,
            DeleteObjectTagging.Handle),
        new("GetObjectLegalHold", "GET /{bucket}/{key}?legal-hold&[versionId]", Permitted, ObjectLegalHold.Get),
        new("PutObjectLegalHold", "PUT /{bucket}/{key}?legal-hold&[versionId]", Permitted, ObjectLegalHold.Put),
        new("GetObjectRetention", "GET /{bucket}/{key}?retention&[versionId]", Permitted, ObjectRetention.Get),
        new("PutObjectRetention", "PUT /{bucket}/{key}?retention&[versionId]", Permitted, ObjectRetention.Put),
        new("GetObjectTorrent", "GET /{bucket}/{key}?torrent", Permitted, NotYet),
        new("RestoreObject", "POST /{bucket}/{key}?restore&[versionId]", Permitted, NotYet),
        new("SelectObjectContent", "POST /{bucket}/{key}?select&select-type=2", Permitted, NotYet),
        new("RenameObject", "PUT /{bucket}/{key}?renameObject", Permitted, RenameObject.Handle),
        new("UpdateObjectEncryption", "PUT /{bucket}/{key}?encryption&[versionId]", Permitted, NotYet),
        new("AppendObject", "PUT /{bucket}/{key} x-amz-write-offset-bytes", Permitted, NotYet),
        new("PreflightObject", "OPTIONS /{bucket}/{key}", Permitted, Cors.Preflight),
        new("PreflightBucket", "OPTIONS /{bucket}", Permitted, Cors.Preflight),
        new("CreateSession", "GET /{bucket}?session", Permitted, NotYet),

        .. Configuration("accelerate", "BucketAccelerateConfiguration", "GET PUT", FixedAnswers.GetAccelerate),
        .. Configuration("acl", "BucketAcl", "GET PUT", BucketAcl.Get, BucketAcl.Put),
        .. Configuration("abac", "BucketAbac", "GET PUT"),
        .. Configuration("analytics", "BucketAnalyticsConfiguration", "GET PUT DELETE"),
        .. Configuration("cors", "BucketCors", "GET PUT DELETE", BucketCors.Get, BucketCors.Put, BucketCors.Delete),
        .. Configuration("encryption", "BucketEncryption", "GET PUT DELETE",
            BucketEncryptions.Get, BucketEncryptions.Put, BucketEncryptions.Delete),
        .. Configuration("intelligent-tiering", "BucketIntelligentTieringConfiguration", "GET PUT DELETE"),
        .. Configuration("inventory", "BucketInventoryConfiguration", "GET PUT DELETE"),
        .. Configuration("logging", "BucketLogging", "GET PUT", FixedAnswers.GetLogging),
        .. Configuration("metadataConfiguration", "BucketMetadataConfiguration", "GET POST DELETE"),
        .. Configuration("metadataInventoryTable", "BucketMetadataInventoryTableConfiguration", "PUT"),
        .. Configuration("metadataJournalTable", "BucketMetadataJournalTableConfiguration", "PUT"),
        .. Configuration("metadataTable", "BucketMetadataTableConfiguration", "GET POST DELETE"),
        .. Configuration("metrics", "BucketMetricsConfiguration", "GET PUT DELETE"),
        new("GetBucketNotificationConfiguration", "GET /{bucket}?notification", Permitted, BucketNotification.Get),
        new("PutBucketNotificationConfiguration", "PUT /{bucket}?notification", Permitted, BucketNotification.Put),
        .. Configuration("ownershipControls", "BucketOwnershipControls", "GET PUT DELETE",
            OwnershipControls.Get, OwnershipControls.Put, OwnershipControls.Delete),
        .. Configuration("policy", "BucketPolicy", "GET PUT DELETE",
            BucketPolicies.Get, BucketPolicies.Put, BucketPolicies.Delete),
        .. Configuration("policyStatus", "BucketPolicyStatus", "GET", BucketPolicies.GetStatus),
        .. Configuration("publicAccessBlock", "PublicAccessBlock", "GET PUT DELETE",
            PublicAccess.Get, PublicAccess.Put, PublicAccess.Delete),
        .. Configuration("replication", "BucketReplication", "GET PUT DELETE"),
        .. Configuration("requestPayment", "BucketRequestPayment", "GET PUT", FixedAnswers.GetRequestPayment),
        .. Configuration("tagging", "BucketTagging", "GET PUT DELETE",
            BucketTagging.Get, BucketTagging.Put, BucketTagging.Delete),
        .. Configuration("website", "BucketWebsite", "GET PUT DELETE"),
    ];

    static readonly FrozenDictionary<(string Method, S3Level Level), Candidates> Index = All.GroupBy(o =>
            (o.Method, o.Level)
        )
        .ToFrozenDictionary(group => group.Key, group => new Candidates(group));

    static readonly HeaderDictionary Headers = [];

    /// <summary>Parameters that make a request another one.</summary>
    static readonly FrozenSet<string> Subresources = All.SelectMany(o => o.QueryMarks)
        .Select(mark => mark.Name)
        .Concat(All.SelectMany(o => o.Options))
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a parameter makes a request another one.</summary>
    public static bool IsSubresource(string parameter) => Subresources.Contains(parameter);

    /// <summary>Of the rows that the request satisfies, the one that asks for the most.</summary>
    /// <exception cref="RejectedException">MethodNotAllowed where there is none; NotImplemented where the query asks
    /// for something that the row knows nothing of.</exception>
    public static S3Operation Resolve(string method, S3Target target, IHeaderDictionary headers)
    {
        var level =
            target.Key is not null ? S3Level.Object
            : target.Bucket is not null ? S3Level.Bucket
            : S3Level.Service;
        var operation = Index.TryGetValue((method, level), out var candidates)
            ? candidates.Best(target.Query, headers)
            : null;
        if (operation is null)
            throw new RejectedException(ErrorCode.MethodNotAllowed);
        foreach (var parameter in target.Query.All)
            if (Subresources.Contains(parameter.Name) && !operation.Knows(parameter.Name))
                throw new RejectedException(
                    ErrorCode.NotImplemented,
                    $"{operation.Name} with the parameter '{parameter.Name}'."
                );
        return operation;
    }

    /// <summary>What a browser asks before it asks something: whatever the query says.</summary>
    public static S3Operation Preflight(S3Target target) =>
        Index[("OPTIONS", target.Key is null ? S3Level.Bucket : S3Level.Object)].Best(S3Query.Empty, Headers)!;

    /// <summary>The handler of what Varve does not do.</summary>
    internal static Task NotYet(S3Request request, Backend varve, CancellationToken cancel) =>
        throw new RejectedException(ErrorCode.NotImplemented, request.Operation.Name);

    /// <param name="handlers">In the order of <paramref name="methods"/>; those that lack are not done.</param>
    static IEnumerable<S3Operation> Configuration(
        string subresource,
        string name,
        string methods,
        params S3Handler[] handlers
    )
    {
        foreach (var (i, method) in methods.Split(' ').Index())
        {
            var verb = method switch
            {
                "GET" => "Get",
                "PUT" => "Put",
                "POST" => "Create",
                _ => "Delete",
            };
            yield return new(
                $"{verb}{name}",
                $"{method} /{{bucket}}?{subresource}",
                Permitted,
                handlers.ElementAtOrDefault(i) ?? NotYet
            );
        }
    }

    /// <summary>The rows of one method and level, found by their first query mark. What has more marks comes first;
    /// a mark in the query weighs more than any header.</summary>
    sealed class Candidates(IEnumerable<S3Operation> rows)
    {
        readonly S3Operation[] plain = [.. Ordered(rows.Where(o => o.QueryMarks.IsEmpty))];

        readonly FrozenDictionary<string, S3Operation[]> marked = rows.Where(o => !o.QueryMarks.IsEmpty)
            .GroupBy(o => o.QueryMarks[0].Name)
            .ToFrozenDictionary(group => group.Key, group => Ordered(group).ToArray());

        public S3Operation? Best(S3Query query, IHeaderDictionary headers)
        {
            S3Operation? best = null;
            foreach (var parameter in query.All)
                if (
                    marked.TryGetValue(parameter.Name, out var rows)
                    && First(rows, query, headers) is { } row
                    && (best is null || row.QueryMarks.Length > best.QueryMarks.Length)
                )
                    best = row;
            return best ?? First(plain, query, headers);
        }

        static S3Operation? First(S3Operation[] rows, S3Query query, IHeaderDictionary headers)
        {
            foreach (var row in rows)
                if (row.Satisfies(query, headers))
                    return row;
            return null;
        }

        static IEnumerable<S3Operation> Ordered(IEnumerable<S3Operation> rows) =>
            rows.OrderByDescending(o => o.QueryMarks.Length).ThenByDescending(o => o.HeaderMarks.Length);
    }
}
