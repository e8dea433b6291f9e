using System.Net.Http.Headers;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3;
using Varve.Api.Tests.Rest;
using Varve.Services;

namespace Varve.Api.Tests.Tiers;

/// <summary>A whole Varve whose contents are in a Ceph of its own, and one user of it.</summary>
public sealed class CephServer : IAsyncLifetime
{
    const string Bucket = "contents";
    readonly string folder = Directory.CreateTempSubdirectory("vc-").FullName;
    Varve.Api.Hosting.Server server = null!;

    public Ceph Ceph { get; } = new();

    /// <summary>REST, signed in.</summary>
    public HttpClient Rest { get; private set; } = null!;

    /// <summary>S3, as the same user.</summary>
    public AmazonS3Client S3 { get; private set; } = null!;

    /// <summary>The user's home bucket.</summary>
    public const string Home = "ana";

    public async ValueTask InitializeAsync()
    {
        await Ceph.InitializeAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Varve:Data"] = folder,
            ["Varve:Rest:Url"] = "http://127.0.0.1:0",
            ["Varve:S3:Url"] = "http://127.0.0.1:0",
            ["Varve:Storage:Primary"] = "ceph",
            ["Varve:Tiers:ceph:Endpoint"] = Ceph.Url.ToString(),
            ["Varve:Tiers:ceph:AccessKey"] = Ceph.AccessKey,
            ["Varve:Tiers:ceph:SecretKey"] = Ceph.SecretKey,
            ["Varve:Tiers:ceph:Bucket"] = Bucket,
            ["Logging:LogLevel:Default"] = "None",
        };
        server = await Varve.Api.Hosting.Server.Start(settings, jsonLog: false, CancellationToken.None);
        Rest = new HttpClient { BaseAddress = server.Rest };
        var (name, password) = (("username", Home), ("password", "correct horse"));
        (await Post("/user/signup", name, password)).EnsureSuccessStatusCode();
        var token = (await Data(await Post("/user/signin", name, password))).GetProperty("Token").GetString();
        Rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var key = await Data(await Post("/user/keys"));
        S3 = ClientOf(server.S3, key.GetProperty("AccessKey").GetString()!, key.GetProperty("SecretKey").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        S3.Dispose();
        Rest.Dispose();
        await server.DisposeAsync();
        await Ceph.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public Task<HttpResponseMessage> Post(string path, params (string Name, string Value)[] fields) =>
        Rest.PostAsync(path, new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));

    public static async Task<JsonElement> Data(HttpResponseMessage answer) =>
        (await answer.EnsureSuccessStatusCode().Json()).GetProperty("data");

    /// <summary>The keys of the objects that lie in Ceph.</summary>
    public async Task<IReadOnlyList<string>> Stored()
    {
        using var ceph = ClientOf(Ceph.Url, Ceph.AccessKey, Ceph.SecretKey);
        return [.. (await ceph.ListObjectsAsync(Bucket)).S3Objects?.Select(stored => stored.Key) ?? []];
    }

    public bool HasLocalContents => Directory.Exists(Path.Combine(folder, "contents"));

    static AmazonS3Client ClientOf(Uri url, string accessKey, string secretKey) =>
        new(
            new BasicAWSCredentials(accessKey, secretKey),
            new AmazonS3Config
            {
                ServiceURL = url.ToString(),
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
                MaxErrorRetry = 0,
            }
        );
}
