using System.Net;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>AWSSDK.S3 for .NET at its default settings: checksums in trailers of signed chunks.</summary>
public sealed class SdkTests(SharedServer server) : IDisposable
{
    readonly AmazonS3Client s3 = Open(server.Process);

    internal static AmazonS3Client Open(ServerProcess server) =>
        new(
            new BasicAWSCredentials(ServerProcess.Root, ServerProcess.Secret),
            new AmazonS3Config { ServiceURL = server.S3.AbsoluteUri, AuthenticationRegion = "us-east-1" }
        );

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => s3.Dispose();

    async Task<string> Bucket(string name)
    {
        await s3.PutBucketAsync(name, Cancel);
        return name;
    }

    async Task<string> Text(string bucket, string key)
    {
        using var reply = await s3.GetObjectAsync(bucket, key, Cancel);
        using var reader = new StreamReader(reply.ResponseStream);
        return await reader.ReadToEndAsync(Cancel);
    }

    async Task Put(string bucket, string key, string text) =>
        await s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = bucket,
                Key = key,
                ContentBody = text,
            },
            Cancel
        );

    [Fact]
    public async Task What_was_put_is_got_with_its_metadata()
    {
        var bucket = await Bucket("sdk-put");
        var put = new PutObjectRequest
        {
            BucketName = bucket,
            Key = "ü +/k",
            ContentBody = "hello",
            ContentType = "text/x-test",
        };
        put.Metadata["colour"] = "blue";
        var stored = await s3.PutObjectAsync(put, Cancel);
        Assert.Equal("\"5d41402abc4b2a76b9719d911017c592\"", stored.ETag);
        using var got = await s3.GetObjectAsync(bucket, "ü +/k", Cancel);
        Assert.Equal("text/x-test", got.Headers.ContentType);
        Assert.Equal("blue", got.Metadata["colour"]);
        using var reader = new StreamReader(got.ResponseStream);
        Assert.Equal("hello", await reader.ReadToEndAsync(Cancel));
    }

    [Theory]
    [MemberData(nameof(OddKeys.All), MemberType = typeof(OddKeys))]
    public async Task An_odd_key_is_put_listed_read_and_deleted(string key)
    {
        // Of such keys the SDK itself changes the path after it has signed: they are aws-cli's matter.
        if (key.StartsWith('/') || key.Split('/').Any(segment => segment is "." or ".."))
            return;
        var bucket = await Bucket($"sdk-odd-{Guid.NewGuid():N}");
        await Put(bucket, key, key);
        var page = await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket }, Cancel);
        Assert.Equal([key], page.S3Objects.Select(o => o.Key));
        Assert.Equal(key, await Text(bucket, key));
        await s3.DeleteObjectAsync(bucket, key, Cancel);
        await s3.DeleteBucketAsync(bucket, Cancel);
    }

    /// <summary>The SDK computes CRC32C and CRC64NVME only with a native package; the client of npm sends
    /// those.</summary>
    [Theory]
    [InlineData("CRC32")]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    public async Task A_checksum_is_verified_kept_and_returned(string algorithm)
    {
        var bucket = await Bucket($"sdk-{algorithm.ToLowerInvariant()}");
        var put = new PutObjectRequest
        {
            BucketName = bucket,
            Key = algorithm,
            ContentBody = new string('x', 100_000),
            ChecksumAlgorithm = new ChecksumAlgorithm(algorithm),
        };
        await s3.PutObjectAsync(put, Cancel);
        var head = await s3.GetObjectMetadataAsync(
            new GetObjectMetadataRequest
            {
                BucketName = bucket,
                Key = algorithm,
                ChecksumMode = ChecksumMode.ENABLED,
            },
            Cancel
        );
        Assert.Equal(ChecksumType.FULL_OBJECT, head.ChecksumType);
        string?[] values =
        [
            head.ChecksumCRC32,
            head.ChecksumCRC32C,
            head.ChecksumCRC64NVME,
            head.ChecksumSHA1,
            head.ChecksumSHA256,
        ];
        Assert.Single(values, value => !string.IsNullOrEmpty(value));
        Assert.Equal(100_000, (await Text(bucket, algorithm)).Length);
    }

    [Fact]
    public async Task A_wrong_checksum_is_refused_and_nothing_is_stored()
    {
        var bucket = await Bucket("sdk-wrong-checksum");
        var put = new PutObjectRequest
        {
            BucketName = bucket,
            Key = "k",
            ContentBody = "hello",
            ChecksumSHA256 = Convert.ToBase64String(new byte[32]),
        };
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => s3.PutObjectAsync(put, Cancel));
        Assert.Equal("BadDigest", refused.ErrorCode);
        var absent = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() =>
            s3.GetObjectMetadataAsync(bucket, "k", Cancel)
        );
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Fact]
    public async Task TransferUtility_uploads_in_parts_and_downloads()
    {
        var bucket = await Bucket("sdk-transfer");
        using var folder = new DataFolder();
        var (up, down) = (Path.Combine(folder.Path, "up"), Path.Combine(folder.Path, "down"));
        var bytes = new byte[(32 << 20) + 17];
        Random.Shared.NextBytes(bytes);
        await File.WriteAllBytesAsync(up, bytes, Cancel);
        using var transfer = new TransferUtility(s3);
        await transfer.UploadAsync(up, bucket, "large", Cancel);
        var head = await s3.GetObjectMetadataAsync(bucket, "large", Cancel);
        Assert.Matches("^\"[0-9a-f]{32}-[0-9]+\"$", head.ETag);
        await transfer.DownloadAsync(down, bucket, "large", Cancel);
        var back = await File.ReadAllBytesAsync(down, Cancel);
        Assert.True(bytes.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public async Task Copies_deletes_of_one_and_of_many_and_pages_work()
    {
        var bucket = await Bucket("sdk-many");
        await Put(bucket, "source", "copied");
        await s3.CopyObjectAsync(bucket, "source", bucket, "dir/ü +copy", Cancel);
        Assert.Equal("copied", await Text(bucket, "dir/ü +copy"));
        for (var i = 0; i < 25; i++)
            await Put(bucket, $"many/{i:D2}", "x");
        var keys = new List<string>();
        var pages = s3.Paginators.ListObjectsV2(
            new ListObjectsV2Request
            {
                BucketName = bucket,
                Prefix = "many/",
                MaxKeys = 10,
            }
        );
        await foreach (var entry in pages.S3Objects.WithCancellation(Cancel))
            keys.Add(entry.Key);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"many/{i:D2}"), keys);
        var gone = await s3.DeleteObjectsAsync(
            new DeleteObjectsRequest
            {
                BucketName = bucket,
                Objects = [.. keys.Select(key => new KeyVersion { Key = key })],
            },
            Cancel
        );
        Assert.Equal(25, gone.DeletedObjects.Count);
        await s3.DeleteObjectAsync(bucket, "source", Cancel);
        var left = await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket }, Cancel);
        Assert.Equal(["dir/ü +copy"], left.S3Objects.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_presigned_get_and_a_presigned_put_work_in_any_client()
    {
        var bucket = await Bucket("sdk-presigned");
        using var http = new HttpClient();
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes("by url"));
        using var put = await http.PutAsync(await Url(bucket, "k +ü", HttpVerb.PUT), body, Cancel);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("by url", await http.GetStringAsync(await Url(bucket, "k +ü", HttpVerb.GET), Cancel));
    }

    async Task<string> Url(string bucket, string key, HttpVerb verb) =>
        await s3.GetPreSignedURLAsync(
            new GetPreSignedUrlRequest
            {
                BucketName = bucket,
                Key = key,
                Verb = verb,
                Protocol = Protocol.HTTP,
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5),
            }
        );

    [Fact]
    public async Task Only_one_of_two_writers_who_expect_nothing_wins()
    {
        var bucket = await Bucket("sdk-if-none-match");
        var put = new PutObjectRequest
        {
            BucketName = bucket,
            Key = "once",
            ContentBody = "x",
            IfNoneMatch = "*",
        };
        await s3.PutObjectAsync(put, Cancel);
        var second = await Assert.ThrowsAsync<AmazonS3Exception>(() => s3.PutObjectAsync(put, Cancel));
        Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
    }
}
