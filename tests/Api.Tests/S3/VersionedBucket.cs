using Amazon.S3;
using Amazon.S3.Model;

namespace Varve.Api.Tests.S3;

/// <summary>A bucket of ana's, and what tests of versions do in it.</summary>
sealed class VersionedBucket(S3Host host, AmazonS3Client ana, string name) : IDisposable
{
    public string Name => name;

    public AmazonS3Client Client => ana;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<VersionedBucket> Make(S3Host host, string? status = "Enabled")
    {
        var bucket = new VersionedBucket(host, host.Client("ana"), await host.NewBucket());
        if (status is not null)
            await bucket.Set(status);
        return bucket;
    }

    public static async Task<VersionedBucket> MakeLockable(S3Host host)
    {
        var bucket = new VersionedBucket(host, host.Client("ana"), $"locked-{Guid.NewGuid():N}");
        await bucket.Client.PutBucketAsync(
            new PutBucketRequest { BucketName = bucket.Name, ObjectLockEnabledForBucket = true },
            Cancel
        );
        return bucket;
    }

    public Task Set(string status) =>
        ana.PutBucketVersioningAsync(
            new()
            {
                BucketName = name,
                VersioningConfig = new() { Status = VersionStatus.FindValue(status) },
            },
            Cancel
        );

    /// <returns>The version's id; null where none was told.</returns>
    public async Task<string?> Put(string key, string text)
    {
        var request = new PutObjectRequest
        {
            BucketName = name,
            Key = key,
            ContentBody = text,
        };
        return (await ana.PutObjectAsync(request, Cancel)).VersionId;
    }

    public async Task<DeleteObjectResponse> Delete(string key, string? version = null, bool bypass = false)
    {
        var request = new DeleteObjectRequest
        {
            BucketName = name,
            Key = key,
            VersionId = version,
        };
        if (bypass)
            request.BypassGovernanceRetention = true;
        return await ana.DeleteObjectAsync(request, Cancel);
    }

    /// <returns>What is there; or the code of the refusal.</returns>
    public async Task<string> Get(string key, string? version = null)
    {
        try
        {
            var request = new GetObjectRequest
            {
                BucketName = name,
                Key = key,
                VersionId = version,
            };
            using var found = await ana.GetObjectAsync(request, Cancel);
            using var reader = new StreamReader(found.ResponseStream);
            return await reader.ReadToEndAsync(Cancel);
        }
        catch (AmazonS3Exception refused)
        {
            return refused.ErrorCode;
        }
    }

    /// <returns>Key, id, and marks: <c>*</c> the latest, <c>x</c> a delete marker.</returns>
    public async Task<List<string>> List(int max = 1000, string? delimiter = null)
    {
        var (seen, page) = (new List<string>(), (ListVersionsResponse?)null);
        do
        {
            page = await Page(max, page, delimiter);
            foreach (var v in page.Versions ?? [])
                seen.Add(
                    $"{v.Key} {v.VersionId}{(v.IsLatest == true ? "*" : "")}{(v.IsDeleteMarker == true ? "x" : "")}"
                );
            seen.AddRange(page.CommonPrefixes ?? []);
        } while (page.IsTruncated == true);
        return seen;
    }

    public Task<ListVersionsResponse> Page(int max, ListVersionsResponse? after = null, string? delimiter = null)
    {
        var request = new ListVersionsRequest
        {
            BucketName = name,
            MaxKeys = max,
            Delimiter = delimiter,
            KeyMarker = after?.NextKeyMarker,
            VersionIdMarker = after?.NextVersionIdMarker,
        };
        return ana.ListVersionsAsync(request, Cancel);
    }

    public Task<RawAnswer> Send(string method, string path, string body = "", params (string, string)[] headers) =>
        host.Raw("ana").Send(method, $"/{name}{path}", System.Text.Encoding.UTF8.GetBytes(body), headers);

    public void Dispose() => ana.Dispose();
}
