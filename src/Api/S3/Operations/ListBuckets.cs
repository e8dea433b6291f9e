using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /</c>: the caller's buckets; root sees everybody's, somebody without a signature none.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html"/>
static class ListBuckets
{
    const int BucketsMax = 10_000;

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var prefix = request.Query["prefix"] ?? "";
        var max = request.Number("max-buckets", unset: BucketsMax, least: 1, most: BucketsMax + 1);
        if (max > BucketsMax)
            throw new RejectedException(ErrorCode.InvalidArgument, $"max-buckets is not within 1 to {BucketsMax}.");
        var after = request.Query["continuation-token"] is { Length: > 0 } token ? ContinuationToken.Read(token) : "";

        var caller = request.Caller;
        var buckets = await varve.Reads.ListBuckets(caller.Root ? null : caller.UserName, cancel);
        var region = request.Query["bucket-region"];
        var page = buckets
            .Where(_ => region is null || region == request.Options.RegionName)
            .Where(bucket => bucket.Name.StartsWith(prefix, StringComparison.Ordinal))
            .Where(bucket => string.CompareOrdinal(bucket.Name, after) > 0)
            .OrderBy(bucket => bucket.Name, StringComparer.Ordinal)
            .Take(max + 1)
            .ToList();
        Write(request.Xml(), request, page.Take(max).ToList(), prefix, truncated: page.Count > max);
    }

    static void Write(
        IBufferWriter<byte> output,
        S3Request request,
        List<BucketRow> buckets,
        string prefix,
        bool truncated
    )
    {
        var xml = new S3XmlWriter(output);
        xml.Begin("ListAllMyBucketsResult"u8);
        Owners.Write(ref xml, "Owner"u8, request.Caller.UserName);
        xml.Open("Buckets"u8);
        foreach (var bucket in buckets)
        {
            xml.Open("Bucket"u8);
            xml.Element("Name"u8, bucket.Name);
            xml.Element("CreationDate"u8, bucket.CreatedAt);
            xml.Element("BucketRegion"u8, request.Options.RegionName);
            xml.Close("Bucket"u8);
        }
        xml.Close("Buckets"u8);
        if (prefix.Length > 0)
            xml.Element("Prefix"u8, prefix);
        if (truncated)
            xml.Element("ContinuationToken"u8, ContinuationToken.Write(buckets[^1].Name));
        xml.Close("ListAllMyBucketsResult"u8);
        xml.Complete();
    }
}
