using System.Net.Http.Headers;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Varve.Services;

namespace Varve.Api.Tests.Tiers;

/// <summary><c>Varve:Storage:Primary</c> becomes another: what is on the disk already stays readable, and goes when it
/// is to go.</summary>
public sealed class SwitchedPrimaryTests(Ceph ceph) : IClassFixture<Ceph>, IDisposable
{
    const string Bucket = "switched";
    readonly string folder = Directory.CreateTempSubdirectory("vc-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_was_kept_on_the_disk_is_read_and_swept_when_Ceph_is_the_primary()
    {
        var (before, after) = (RandomNumberGenerator.GetBytes(700_000), RandomNumberGenerator.GetBytes(700_000));
        AWSCredentials keys;
        string uploadId;
        await using (var server = await Start("disk"))
        {
            keys = await SignUp(server.Rest);
            using var s3 = ClientOf(server.S3, keys);
            await s3.PutBucketAsync(Bucket, Cancel);
            await s3.PutObjectAsync(Body("before", before), Cancel);
            uploadId = (await s3.InitiateMultipartUploadAsync(Bucket, "dropped", Cancel)).UploadId;
            await s3.UploadPartAsync(
                new()
                {
                    BucketName = Bucket,
                    Key = "dropped",
                    UploadId = uploadId,
                    PartNumber = 1,
                    InputStream = new MemoryStream(after),
                },
                Cancel
            );
            Assert.Single(PartFiles());
        }

        await using (var server = await Start("ceph"))
        {
            using var s3 = ClientOf(server.S3, keys);
            await s3.PutObjectAsync(Body("after", after), Cancel);
            Assert.Equal(before, await Get(s3, "before"));
            Assert.Equal(after, await Get(s3, "after"));
            await s3.AbortMultipartUploadAsync(Bucket, "dropped", uploadId, Cancel);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            patience.CancelAfter(TimeSpan.FromMinutes(1));
            while (PartFiles().Any())
                await Task.Delay(20, patience.Token);
        }
    }

    IEnumerable<string> PartFiles() =>
        Directory.EnumerateFiles(Path.Combine(folder, "contents", "part"), "*", SearchOption.AllDirectories);

    Task<Varve.Api.Hosting.Server> Start(string primary) =>
        Varve.Api.Hosting.Server.Start(
            new Dictionary<string, string?>
            {
                ["Varve:Data"] = folder,
                ["Varve:Rest:Url"] = "http://127.0.0.1:0",
                ["Varve:S3:Url"] = "http://127.0.0.1:0",
                ["Varve:Storage:Primary"] = primary,
                ["Varve:Tiers:ceph:Endpoint"] = ceph.Url.ToString(),
                ["Varve:Tiers:ceph:AccessKey"] = Ceph.AccessKey,
                ["Varve:Tiers:ceph:SecretKey"] = Ceph.SecretKey,
                ["Varve:Tiers:ceph:Bucket"] = Bucket,
                ["Logging:LogLevel:Default"] = "None",
            },
            jsonLog: false,
            Cancel
        );

    static async Task<AWSCredentials> SignUp(Uri rest)
    {
        using var http = new HttpClient { BaseAddress = rest };
        var form = new Dictionary<string, string> { ["username"] = "bob", ["password"] = "correct horse" };
        (await http.PostAsync("/user/signup", new FormUrlEncodedContent(form), Cancel)).EnsureSuccessStatusCode();
        var signedIn = await http.PostAsync("/user/signin", new FormUrlEncodedContent(form), Cancel);
        var token = (await CephServer.Data(signedIn)).GetProperty("Token").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var key = await CephServer.Data(await http.PostAsync("/user/keys", content: null, Cancel));
        return new BasicAWSCredentials(
            key.GetProperty("AccessKey").GetString(),
            key.GetProperty("SecretKey").GetString()
        );
    }

    static AmazonS3Client ClientOf(Uri url, AWSCredentials keys) =>
        new(
            keys,
            new AmazonS3Config
            {
                ServiceURL = url.ToString(),
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
            }
        );

    static PutObjectRequest Body(string key, byte[] bytes) =>
        new()
        {
            BucketName = Bucket,
            Key = key,
            InputStream = new MemoryStream(bytes),
        };

    static async Task<byte[]> Get(AmazonS3Client s3, string key)
    {
        using var found = await s3.GetObjectAsync(Bucket, key, Cancel);
        using var bytes = new MemoryStream();
        await found.ResponseStream.CopyToAsync(bytes, Cancel);
        return bytes.ToArray();
    }
}
