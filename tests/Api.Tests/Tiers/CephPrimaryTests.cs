using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Varve.Api.Tests.Rest;

namespace Varve.Api.Tests.Tiers;

/// <summary><c>Varve:Storage:Primary=ceph</c>: REST and S3 over contents that are all in Ceph.</summary>
public sealed class CephPrimaryTests(CephServer varve) : IClassFixture<CephServer>
{
    const int MiB = 1024 * 1024;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_goes_in_and_out_by_REST()
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var meta = await Upload("report.bin", bytes);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal($"ceph:contents/ceph/{sha256}", meta.Location);
        Assert.Contains($"ceph/{sha256}", await varve.Stored());
        Assert.False(varve.HasLocalContents);

        var download = $"/file/download?filehash={meta.Hash}";
        Assert.Equal(bytes, await varve.Rest.GetByteArrayAsync(download, Cancel));
        var part = new HttpRequestMessage(HttpMethod.Get, download) { Headers = { Range = new(70_000, 70_009) } };
        var answer = await varve.Rest.SendAsync(part, Cancel);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(bytes[70_000..70_010], await answer.Content.ReadAsByteArrayAsync(Cancel));

        (await varve.Post("/file/delete", ("filehash", meta.Hash))).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.NotFound, (await varve.Rest.GetAsync(download, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_file_in_parts_by_REST_is_joined_where_its_parts_are()
    {
        var bytes = RandomNumberGenerator.GetBytes((2 * 5 * MiB) + 77);
        var hash = Convert.ToHexStringLower(SHA1.HashData(bytes));
        var size = $"{bytes.Length}";
        var begun = await CephServer.Data(
            await varve.Post("/file/mpupload/init", ("filehash", hash), ("filesize", size), ("filename", "big"))
        );
        var id = begun.GetProperty("UploadID").GetString()!;
        foreach (var index in (int[])[2, 1, 3])
        {
            var part = bytes.AsMemory((index - 1) * 5 * MiB);
            var content = new ReadOnlyMemoryContent(part[..Math.Min(part.Length, 5 * MiB)]);
            var answer = await varve.Rest.PostAsync(
                $"/file/mpupload/uppart?uploadid={id}&index={index}",
                content,
                Cancel
            );
            answer.EnsureSuccessStatusCode();
        }
        var done = await varve.Post(
            "/file/mpupload/complete",
            ("uploadid", id),
            ("filehash", hash),
            ("filesize", size),
            ("filename", "big")
        );
        done.EnsureSuccessStatusCode();
        Assert.Equal(bytes, await varve.Rest.GetByteArrayAsync($"/file/download?filehash={hash}", Cancel));
    }

    [Fact]
    public async Task An_object_of_64_MiB_goes_in_and_out_by_S3()
    {
        var bytes = RandomNumberGenerator.GetBytes((64 * MiB) + 1);
        await Put("large", bytes);
        using var whole = await varve.S3.GetObjectAsync(CephServer.Home, "large", Cancel);
        var stream = new MemoryStream();
        await whole.ResponseStream.CopyToAsync(stream, Cancel);
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        Assert.Equal(bytes[(8 * MiB - 2)..(8 * MiB + 3)], await Get("large", 8 * MiB - 2, 8 * MiB + 2));

        await varve.S3.DeleteObjectAsync(CephServer.Home, "large", Cancel);
        var gone = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => Get("large", 0, 1));
        Assert.Equal("NoSuchKey", gone.ErrorCode);
    }

    [Fact]
    public async Task An_upload_in_parts_by_S3_is_completed_and_another_that_is_aborted_leaves_nothing()
    {
        var (first, last) = (RandomNumberGenerator.GetBytes(9 * MiB), RandomNumberGenerator.GetBytes(1000));
        var upload = await varve.S3.InitiateMultipartUploadAsync(CephServer.Home, "joined", Cancel);
        await varve.S3.CompleteMultipartUploadAsync(
            new()
            {
                BucketName = CephServer.Home,
                Key = "joined",
                UploadId = upload.UploadId,
                PartETags = [new(1, await PutPart(upload, 1, first)), new(2, await PutPart(upload, 2, last))],
            },
            Cancel
        );
        byte[] across = [.. first[^3..], .. last[..3]];
        Assert.Equal(across, await Get("joined", first.Length - 3, first.Length + 2));

        var dropped = await varve.S3.InitiateMultipartUploadAsync(CephServer.Home, "dropped", Cancel);
        await PutPart(dropped, 1, last);
        var start = $"part/{dropped.UploadId}/";
        Assert.Contains(await varve.Stored(), key => key.StartsWith(start, StringComparison.Ordinal));
        await varve.S3.AbortMultipartUploadAsync(CephServer.Home, "dropped", dropped.UploadId, Cancel);
        while ((await varve.Stored()).Any(key => key.StartsWith(start, StringComparison.Ordinal)))
            await Task.Delay(20, Cancel); // the sweeper comes when it comes
    }

    [Fact]
    public async Task While_Ceph_is_out_of_reach_both_surfaces_say_503_and_afterwards_nothing_is_lost()
    {
        var bytes = RandomNumberGenerator.GetBytes(5000);
        await Put("kept", bytes);
        var meta = await Upload("kept-too", RandomNumberGenerator.GetBytes(6000));
        await varve.Ceph.KillFront();

        var put = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => Put("refused", [1, 2, 3]));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ServiceUnavailable"), (put.StatusCode, put.ErrorCode));
        var get = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => Get("kept", 0, 1));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, get.StatusCode);
        var download = await varve.Rest.GetAsync($"/file/download?filehash={meta.Hash}", Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, download.StatusCode);
        Assert.Equal(503, await download.Refusal());
        await ReadyzUntil(HttpStatusCode.ServiceUnavailable, body => body.Contains("\"fault\":\"ceph: "));

        await varve.Ceph.RestartFront();
        await ReadyzUntil(HttpStatusCode.OK, body => body.Contains("{\"name\":\"ceph\",\"fault\":null}"));
        Assert.Equal(bytes, await Get("kept", 0, bytes.Length - 1));
        await Put("refused", [1, 2, 3]);
    }

    async Task ReadyzUntil(HttpStatusCode status, Func<string, bool> says)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var answer = await varve.Rest.GetAsync("/readyz", patience.Token);
            if (answer.StatusCode == status && says(await answer.Content.ReadAsStringAsync(patience.Token)))
                return;
            await Task.Delay(50, patience.Token);
        }
    }

    async Task<(string Hash, string Location)> Upload(string name, byte[] bytes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/file/upload");
        request.Content = RestUser.FormOf((name, bytes));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var meta = await (await varve.Rest.SendAsync(request, Cancel)).EnsureSuccessStatusCode().Json();
        return (meta.GetProperty("FileSha1").GetString()!, meta.GetProperty("Location").GetString()!);
    }

    Task<PutObjectResponse> Put(string key, byte[] bytes) =>
        varve.S3.PutObjectAsync(
            new()
            {
                BucketName = CephServer.Home,
                Key = key,
                InputStream = new MemoryStream(bytes),
            },
            Cancel
        );

    async Task<string> PutPart(InitiateMultipartUploadResponse upload, int number, byte[] bytes)
    {
        var request = new UploadPartRequest
        {
            BucketName = CephServer.Home,
            Key = upload.Key,
            UploadId = upload.UploadId,
            PartNumber = number,
            InputStream = new MemoryStream(bytes),
        };
        return (await varve.S3.UploadPartAsync(request, Cancel)).ETag;
    }

    /// <param name="to">Of the last byte.</param>
    async Task<byte[]> Get(string key, long from, long to)
    {
        var request = new GetObjectRequest
        {
            BucketName = CephServer.Home,
            Key = key,
            ByteRange = new(from, to),
        };
        using var answer = await varve.S3.GetObjectAsync(request, Cancel);
        var stream = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(stream, Cancel);
        return stream.ToArray();
    }
}
