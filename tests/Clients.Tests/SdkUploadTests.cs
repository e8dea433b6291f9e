using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;

namespace Varve.Clients.Tests;

/// <summary>AWSSDK.S3 for .NET: bodies of the sizes at which clients change their ways, and uploads that were cut.
/// </summary>
public sealed class SdkUploadTests(SharedServer server) : IDisposable
{
    const int MiB = 1 << 20;

    readonly AmazonS3Client s3 = SdkTests.Open(server.Process);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => s3.Dispose();

    static byte[] Random(int size)
    {
        var bytes = new byte[size];
        System.Random.Shared.NextBytes(bytes);
        return bytes;
    }

    async Task AssertContent(string bucket, string key, byte[] expected)
    {
        using var got = await s3.GetObjectAsync(bucket, key, Cancel);
        Assert.Equal(expected.Length, got.ContentLength);
        using var bytes = new MemoryStream(expected.Length);
        await got.ResponseStream.CopyToAsync(bytes, Cancel);
        Assert.True(expected.AsSpan().SequenceEqual(bytes.ToArray()));
    }

    [Fact]
    public async Task Bodies_of_every_size_come_back_as_they_went()
    {
        const string Bucket = "sdk-sizes";
        await s3.PutBucketAsync(Bucket, Cancel);
        using var transfer = new TransferUtility(s3);
        foreach (var size in (int[])[0, 1, (5 * MiB) - 1, 5 * MiB, (5 * MiB) + 1, 100 * MiB])
        {
            var bytes = Random(size);
            using var body = new MemoryStream(bytes);
            if (size < 100 * MiB)
                await s3.PutObjectAsync(
                    new PutObjectRequest
                    {
                        BucketName = Bucket,
                        Key = $"{size}",
                        InputStream = body,
                    },
                    Cancel
                );
            else
                await transfer.UploadAsync(body, Bucket, $"{size}", Cancel);
            await AssertContent(Bucket, $"{size}", bytes);
        }
    }

    [Fact]
    public async Task A_cut_upload_is_resumed_by_its_list_of_parts_and_another_is_aborted()
    {
        const string Bucket = "sdk-resumed";
        await s3.PutBucketAsync(Bucket, Cancel);
        byte[][] pieces = [Random(5 * MiB), Random(5 * MiB), Random(17)];
        var begun = await s3.InitiateMultipartUploadAsync(Bucket, "k", Cancel);
        await Put(begun.UploadId, 1);
        await Put(begun.UploadId, 3);

        var open = await s3.ListMultipartUploadsAsync(Bucket, Cancel);
        Assert.Equal([begun.UploadId], open.MultipartUploads.Select(upload => upload.UploadId));
        var there = await s3.ListPartsAsync(Bucket, "k", begun.UploadId, Cancel);
        Assert.Equal([1, 3], there.Parts.Select(part => part.PartNumber));
        var missing = await Put(begun.UploadId, 2);
        var done = await s3.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = Bucket,
                Key = "k",
                UploadId = begun.UploadId,
                PartETags =
                [
                    .. there
                        .Parts.Select(part => new PartETag(part.PartNumber!.Value, part.ETag))
                        .Append(missing)
                        .OrderBy(part => part.PartNumber),
                ],
            },
            Cancel
        );
        Assert.EndsWith("-3\"", done.ETag, StringComparison.Ordinal);
        await AssertContent(Bucket, "k", [.. pieces.SelectMany(piece => piece)]);

        var aborted = await s3.InitiateMultipartUploadAsync(Bucket, "k", Cancel);
        await Put(aborted.UploadId, 1);
        await s3.AbortMultipartUploadAsync(Bucket, "k", aborted.UploadId, Cancel);
        var gone = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            s3.ListPartsAsync(Bucket, "k", aborted.UploadId, Cancel)
        );
        Assert.Equal("NoSuchUpload", gone.ErrorCode);

        async Task<PartETag> Put(string upload, int number)
        {
            using var body = new MemoryStream(pieces[number - 1]);
            var part = await s3.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    UploadId = upload,
                    PartNumber = number,
                    InputStream = body,
                },
                Cancel
            );
            return new PartETag(part);
        }
    }
}
