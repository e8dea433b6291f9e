using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;
using Varve.Server.Tests;

namespace Varve.Cluster.Tests;

/// <summary>What a client sees that meets another API at each request.</summary>
public sealed class ScenarioTests(VarveCluster cluster)
{
    const int PartBytes = 5 * 1024 * 1024;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_API_has_acknowledged_every_other_one_shows_at_once()
    {
        var (first, second) = (S3(0), S3(1));
        await first.PutBucketAsync("shared", Cancel);
        for (var i = 0; i < 20; i++)
        {
            var key = $"odd keys/{i} ü&+.txt";
            await first.PutObjectAsync(new() { BucketName = "shared", Key = key, ContentBody = $"body {i}" }, Cancel);
            using var reply = await second.GetObjectAsync("shared", key, Cancel);
            using var text = new StreamReader(reply.ResponseStream);
            Assert.Equal($"body {i}", await text.ReadToEndAsync(Cancel));
            var page = await second.ListObjectsV2Async(new() { BucketName = "shared", Prefix = "odd keys/" }, Cancel);
            Assert.Equal(i + 1, page.S3Objects.Count);
            (first, second) = (second, first);
        }
        await first.DeleteObjectAsync("shared", "odd keys/0 ü&+.txt", Cancel);
        var gone = await Assert.ThrowsAsync<NoSuchKeyException>(() =>
            second.GetObjectAsync("shared", "odd keys/0 ü&+.txt", Cancel)
        );
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task An_S3_upload_begun_on_one_API_takes_parts_on_both_and_is_completed_on_the_other()
    {
        var (first, second) = (S3(0), S3(1));
        await first.PutBucketAsync("multipart", Cancel);
        var bytes = RandomNumberGenerator.GetBytes(3 * PartBytes + 1000);
        var upload = await first.InitiateMultipartUploadAsync("multipart", "large", Cancel);
        var parts = new List<PartETag>();
        for (var number = 1; number <= 4; number++)
        {
            var part = bytes.AsMemory((number - 1) * PartBytes);
            var reply = await (number % 2 == 0 ? first : second).UploadPartAsync(
                new()
                {
                    BucketName = "multipart",
                    Key = "large",
                    UploadId = upload.UploadId,
                    PartNumber = number,
                    InputStream = new MemoryStream(part[..Math.Min(PartBytes, part.Length)].ToArray()),
                },
                Cancel
            );
            parts.Add(new(number, reply.ETag));
        }
        await second.CompleteMultipartUploadAsync(
            new()
            {
                BucketName = "multipart",
                Key = "large",
                UploadId = upload.UploadId,
                PartETags = parts,
            },
            Cancel
        );
        foreach (var s3 in new[] { first, second })
        {
            using var reply = await s3.GetObjectAsync("multipart", "large", Cancel);
            Assert.Equal(SHA256.HashData(bytes), await SHA256.HashDataAsync(reply.ResponseStream, Cancel));
        }
    }

    [Fact]
    public async Task A_user_who_signs_up_at_one_API_uploads_by_all()
    {
        using var first = Rest(0);
        using var second = Rest(1);
        await Post(first, "/user/signup", ("username", "ana-lee"), ("password", "open-sesame"));
        var token = (await Post(second, "/user/signin", ("username", "ana-lee"), ("password", "open-sesame")))
            .GetProperty("data")
            .GetProperty("Token")
            .GetString()!;
        foreach (var http in new[] { first, second })
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        var bytes = RandomNumberGenerator.GetBytes(2 * PartBytes + 17);
        var hash = Convert.ToHexStringLower(SHA1.HashData(bytes));
        (string, string)[] file = [("filehash", hash), ("filesize", $"{bytes.Length}"), ("filename", "by all.bin")];
        var init = (await Post(first, "/file/mpupload/init", file)).GetProperty("data");
        var id = init.GetProperty("UploadID").GetString()!;
        for (var index = 1; index <= 3; index++)
        {
            var part = bytes.AsMemory((index - 1) * PartBytes);
            using var content = new ReadOnlyMemoryContent(part[..Math.Min(PartBytes, part.Length)]);
            using var reply = await (index % 2 == 0 ? first : second).PostAsync(
                $"/file/mpupload/uppart?uploadid={id}&index={index}",
                content,
                Cancel
            );
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        }
        var status = await second.GetFromJsonAsync<JsonElement>($"/file/mpupload/status?uploadid={id}", Cancel);
        Assert.Equal(3, status.GetProperty("data").GetProperty("Chunks").GetArrayLength());
        await Post(second, "/file/mpupload/complete", [("uploadid", id), .. file]);
        Assert.Equal(bytes, await first.GetByteArrayAsync($"/file/download?filehash={hash}", Cancel));

        // Another user proves to one API what the other one asked.
        using var other = Rest(0);
        using var elsewhere = Rest(1);
        await Post(other, "/user/signup", ("username", "bob-ray"), ("password", "open-sesame"));
        token = (await Post(other, "/user/signin", ("username", "bob-ray"), ("password", "open-sesame")))
            .GetProperty("data")
            .GetProperty("Token")
            .GetString()!;
        foreach (var http in new[] { other, elsewhere })
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var asked = (await Post(other, "/file/fastupload", file)).GetProperty("data");
        var proof = ProofOf(asked, bytes);
        var nonce = asked.GetProperty("Nonce").GetString()!;
        var answer = await Post(elsewhere, "/file/fastupload", [.. file, ("nonce", nonce), ("proof", proof)]);
        Assert.Equal(0, answer.GetProperty("code").GetInt32());
        Assert.Equal(bytes, await other.GetByteArrayAsync($"/file/download?filehash={hash}", Cancel));
    }

    [Fact]
    public async Task Keys_that_one_API_makes_and_revokes_count_at_the_other()
    {
        using var rest = Rest(0);
        await Post(rest, "/user/signup", ("username", "key-user"), ("password", "open-sesame"));
        var token = (await Post(rest, "/user/signin", ("username", "key-user"), ("password", "open-sesame")))
            .GetProperty("data")
            .GetProperty("Token")
            .GetString()!;
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var key = (await Post(rest, "/user/keys")).GetProperty("data");
        var access = key.GetProperty("AccessKey").GetString()!;
        using var s3 = S3(1, access, key.GetProperty("SecretKey").GetString()!);
        await s3.PutObjectAsync(new() { BucketName = "key-user", Key = "k", ContentBody = "x" }, Cancel);
        await Post(rest, "/user/keys/revoke", ("accesskey", access));
        // A process may go on for two seconds by what it remembers.
        while (true)
            try
            {
                await s3.PutObjectAsync(new() { BucketName = "key-user", Key = "k", ContentBody = "x" }, Cancel);
                await Task.Delay(100, Cancel);
            }
            catch (AmazonS3Exception refused)
            {
                Assert.Equal("InvalidAccessKeyId", refused.ErrorCode);
                break;
            }
    }

    AmazonS3Client S3(int api, string? access = null, string? secret = null) =>
        new(
            access ?? ServerProcess.Root,
            secret ?? ServerProcess.Secret,
            new AmazonS3Config { ServiceURL = $"{cluster.Apis[api].Process.S3}", ForcePathStyle = true }
        );

    HttpClient Rest(int api) => new() { BaseAddress = cluster.Apis[api].Process.Rest };

    static async Task<JsonElement> Post(HttpClient http, string path, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.ToDictionary(one => one.Name, one => one.Value));
        using var reply = await http.PostAsync(path, content, Cancel);
        var text = await reply.Content.ReadAsStringAsync(Cancel);
        Assert.True(reply.IsSuccessStatusCode, $"{path}: {(int)reply.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    static string ProofOf(JsonElement challenge, byte[] bytes)
    {
        using var ranges = new MemoryStream();
        foreach (var range in challenge.GetProperty("Ranges").EnumerateArray())
            ranges.Write(bytes, (int)range.GetProperty("Offset").GetInt64(), (int)range.GetProperty("Length").GetInt64());
        var key = System.Text.Encoding.UTF8.GetBytes(challenge.GetProperty("Nonce").GetString()!);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, ranges.ToArray()));
    }
}
