using Amazon.S3;
using Amazon.S3.Model;
using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>Uploads across a SIGKILL: other stores have forgotten open ones, or let a finished one be aborted and its
/// bytes with it.</summary>
public sealed class RestartTests
{
    static readonly byte[] Part = [.. Enumerable.Range(0, 5 << 20).Select(i => (byte)(i * 31))];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_kill_open_uploads_are_listed_and_finished_ones_cannot_be_aborted()
    {
        using var data = new DataFolder();
        InitiateMultipartUploadResponse open;
        CompleteMultipartUploadRequest completion;
        await using (var server = await ServerProcess.Start(data.Path, "restart-before", Cancel))
        {
            using var s3 = SdkTests.Open(server);
            await s3.PutBucketAsync("restart", Cancel);
            open = await s3.InitiateMultipartUploadAsync("restart", "open", Cancel);
            await Put(s3, open, 1);
            var done = await s3.InitiateMultipartUploadAsync("restart", "done", Cancel);
            completion = Completion(done, await Put(s3, done, 1));
            await s3.CompleteMultipartUploadAsync(completion, Cancel);
            await server.Kill();
        }
        await using var again = await ServerProcess.Start(data.Path, "restart-after", Cancel);
        using var client = SdkTests.Open(again);
        var listed = await client.ListMultipartUploadsAsync("restart", Cancel);
        Assert.Equal([open.UploadId], listed.MultipartUploads.Select(upload => upload.UploadId));
        var parts = await client.ListPartsAsync("restart", "open", open.UploadId, Cancel);
        Assert.Equal([1], parts.Parts.Select(part => part.PartNumber));

        var refused = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() =>
            client.AbortMultipartUploadAsync("restart", "done", completion.UploadId, Cancel)
        );
        Assert.Equal("NoSuchUpload", refused.ErrorCode);
        var repeated = await client.CompleteMultipartUploadAsync(completion, Cancel);
        Assert.EndsWith("-1\"", repeated.ETag, StringComparison.Ordinal);
        await client.CompleteMultipartUploadAsync(Completion(open, await Put(client, open, 1)), Cancel);
        foreach (var key in (string[])["done", "open"])
        {
            using var got = await client.GetObjectAsync("restart", key, Cancel);
            using var bytes = new MemoryStream();
            await got.ResponseStream.CopyToAsync(bytes, Cancel);
            Assert.True(Part.AsSpan().SequenceEqual(bytes.ToArray()), key);
        }
    }

    static CompleteMultipartUploadRequest Completion(InitiateMultipartUploadResponse upload, PartETag part) =>
        new()
        {
            BucketName = upload.BucketName,
            Key = upload.Key,
            UploadId = upload.UploadId,
            PartETags = [part],
        };

    static async Task<PartETag> Put(AmazonS3Client s3, InitiateMultipartUploadResponse upload, int number)
    {
        using var body = new MemoryStream(Part);
        var request = new UploadPartRequest
        {
            BucketName = upload.BucketName,
            Key = upload.Key,
            UploadId = upload.UploadId,
            PartNumber = number,
            InputStream = body,
        };
        return new(await s3.UploadPartAsync(request, Cancel));
    }
}
