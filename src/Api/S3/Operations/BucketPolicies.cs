using System.Text;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c>, <c>PUT</c> and <c>DELETE /{bucket}?policy</c>, and <c>GET ?policyStatus</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html"/>
static class BucketPolicies
{
    const string ConfirmHeader = "x-amz-confirm-remove-self-bucket-access";

    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var policy =
            request.Place!.Bucket.Configuration.Policy ?? throw new RejectedException(ErrorCode.NoSuchBucketPolicy);
        request.Response.ContentType = "application/json";
        return request.Response.WriteAsync(policy, cancel);
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var text = Encoding.UTF8.GetString((await request.ReadDocument(S3Documents.BytesMax, cancel)).Span);
        var policy = PolicyReader.Read(text, request.Bucket);
        foreach (var condition in policy.Statements.SelectMany(statement => statement.Conditions))
            if (!ConditionKeys.IsKnown(condition.Key))
                throw new RejectedException(
                    ErrorCode.MalformedPolicy,
                    $"Policy has an invalid condition key: {condition.Key}"
                );
        bool? binds = string.Equals(request.Headers[ConfirmHeader], "true", StringComparison.OrdinalIgnoreCase)
            ? true
            : null;
        request.Response.StatusCode = StatusCodes.Status204NoContent;
        await BucketChange.Run(request, at => new BucketConfigurationEvent.PolicySet(text, binds, at), varve, cancel);
    }

    public static Task Delete(S3Request request, Backend varve, CancellationToken cancel) =>
        BucketChange.Delete(
            request,
            at => new BucketConfigurationEvent.PolicySet(Policy: null, BindsOwner: null, at),
            varve,
            cancel
        );

    /// <summary>Public by its policy or by its access control list.</summary>
    public static Task GetStatus(S3Request request, Backend varve, CancellationToken cancel)
    {
        var access = RequestAccess.Of(request.Place!.Bucket);
        var byList =
            access is { Acl.IsPublic: true, PublicAccess.IgnorePublicAcls: false }
            && access.Ownership != ObjectOwnership.BucketOwnerEnforced;
        var byPolicy = access is { Policy.IsPublic: true, PublicAccess.RestrictPublicBuckets: false };
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("PolicyStatus"u8);
        xml.Element("IsPublic"u8, byList || byPolicy);
        xml.Close("PolicyStatus"u8);
        xml.Complete();
        return Task.CompletedTask;
    }
}
