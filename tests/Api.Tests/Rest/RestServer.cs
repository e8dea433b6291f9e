using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Identity;
using Varve.Api.Rest;
using Varve.Domain;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections;
using Varve.Projections.Buckets;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Projections.Uploads;
using Varve.Tiers.Disk;

namespace Varve.Api.Tests.Rest;

/// <summary>REST on a real Kestrel over the embedded parts, in a folder of its own. One a class.</summary>
public class RestServer : IAsyncLifetime
{
    readonly CancellationTokenSource stop = new();
    readonly string folder = Directory.CreateTempSubdirectory("varve-rest-").FullName;
    EmbeddedEventStore events = null!;
    DiskTier disk = null!;
    SqliteReadDatabase reads = null!;
    ProjectionRunner runner = null!;
    WebApplication web = null!;
    Task projecting = Task.CompletedTask;
    int users;

    /// <summary>Where all of it is.</summary>
    public string Folder => folder;

    /// <summary>Where the bytes are.</summary>
    public string Contents => Path.Combine(folder, "contents");

    public Backend Varve { get; private set; } = null!;
    public Accounts Accounts { get; private set; } = null!;
    public HttpClient Client { get; private set; } = null!;

    protected virtual IEnumerable<KeyValuePair<string, string?>> Settings => [];

    public async ValueTask InitializeAsync()
    {
        var cancel = CancellationToken.None;
        events = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        disk = DiskTier.Open(new() { Folder = Contents }, NullLogger<DiskTier>.Instance);
        reads = await new ReadGenerations(folder, events, NullLogger<ReadGenerations>.Instance).Open(null, cancel);
        var barrier = new ProjectionBarrier(TimeSpan.FromSeconds(10));
        var progress = new InMemoryUploadProgress();
        runner = new(
            events,
            reads,
            ReadModelProjections.All(),
            barrier,
            progress,
            TimeProvider.System,
            NullLogger<ProjectionRunner>.Instance
        );
        projecting = Task.Run(() => runner.Run(stop.Token), cancel);
        var states = new AggregateStates(events, 1000);
        var models = new ReadModels(reads, barrier);
        var quotas = new BucketQuotas(states, models);
        var door = CommandDoor.Open(
            new CommandLoop(events, states, TimeSpan.FromSeconds(10)),
            new ValidationBehavior(CommandValidators.All),
            new QuotaBehavior(quotas, states, events),
            new BarrierBehavior(barrier, events, BarrierBehavior.AloneLagMax)
        );
        Varve = new(
            door,
            states,
            events,
            disk,
            [],
            models,
            quotas,
            progress,
            barrier,
            new(new byte[32]),
            TimeProvider.System
        );
        var root = new RootAccount("root", "root-password", Generated: false);
        Accounts = await Accounts.Open(
            Varve,
            root,
            Path.Combine(folder, "identity"),
            shared: null,
            new IdentityOptions(),
            TimeProvider.System
        );
        await Accounts.EnsureRoot(cancel);
        await StartWeb();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Client.Dispose();
        await web.DisposeAsync();
        await stop.CancelAsync();
        await projecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        runner.Dispose();
        await Accounts.DisposeAsync();
        await reads.DisposeAsync();
        await disk.DisposeAsync();
        await events.DisposeAsync();
        stop.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Signs a new user up and in.</summary>
    public async Task<RestUser> NewUser()
    {
        var name = $"user-{Interlocked.Increment(ref users)}";
        (await Post("/user/signup", ("username", name), ("password", "correct horse"))).EnsureSuccessStatusCode();
        return await SignIn(name, "correct horse");
    }

    public async Task<RestUser> SignIn(string name, string password)
    {
        var answer = await Post("/user/signin", ("username", name), ("password", password));
        return new RestUser(this, name, (await answer.Json()).GetProperty("data").GetProperty("Token").GetString()!);
    }

    public Task<HttpResponseMessage> Get(string path) => Client.GetAsync(path, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> Post(string path, params (string Name, string Value)[] fields) =>
        Client.PostAsync(path, new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));

    async Task StartWeb()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder
            .Services.AddSingleton(TimeProvider.System)
            .AddSingleton(Varve)
            .AddSingleton(Accounts)
            .AddRest(builder.Configuration);
        web = builder.Build();
        web.MapRest();
        await web.StartAsync();
        Client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(web.Urls.First()),
        };
    }
}

/// <summary>Somebody who is signed in.</summary>
public sealed record RestUser(RestServer Server, string Name, string Token)
{
    public async Task<HttpResponseMessage> Get(string path, params (string Name, string Value)[] query) =>
        await Send(new HttpRequestMessage(HttpMethod.Get, path + QueryOf(query)));

    public Task<HttpResponseMessage> Post(string path, params (string Name, string Value)[] fields) =>
        Send(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))),
            }
        );

    public Task<HttpResponseMessage> Send(HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return Server.Client.SendAsync(request);
    }

    /// <summary>By form; answers the FileMeta.</summary>
    public async Task<JsonElement> Upload(string name, byte[] bytes)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/file/upload") { Content = FormOf((name, bytes)) };
        request.Headers.Accept.Add(new("application/json"));
        var response = await Send(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Json();
    }

    public async Task<HttpResponseMessage> UploadPart(string id, int index, byte[] bytes) =>
        await Send(
            new HttpRequestMessage(HttpMethod.Post, $"/file/mpupload/uppart?uploadid={id}&index={index}")
            {
                Content = new ByteArrayContent(bytes),
            }
        );

    public static MultipartFormDataContent FormOf(params (string Name, byte[] Bytes)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in files)
        {
            var part = new ByteArrayContent(bytes);
            part.Headers.Add(
                "Content-Disposition",
                $"form-data; name=\"file\"; filename*=UTF-8''{Uri.EscapeDataString(name)}"
            );
            form.Add(part);
        }
        return form;
    }

    public static string QueryOf(params (string Name, string Value)[] query) =>
        query.Length == 0 ? "" : "?" + string.Join('&', query.Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
}

static class RestAnswers
{
    public static async Task<JsonElement> Json(this HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement;

    public static async Task<JsonElement> Data(this HttpResponseMessage response) =>
        (await response.Json()).GetProperty("data");

    /// <summary>The status, which the envelope repeats unless the contract has another code.</summary>
    public static async Task<int> Refusal(this HttpResponseMessage response)
    {
        var envelope = await response.Json();
        Assert.Equal((int)response.StatusCode, envelope.GetProperty("code").GetInt32());
        Assert.NotEqual("", envelope.GetProperty("msg").GetString());
        return (int)response.StatusCode;
    }

    public static string Sha1(this byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));
}
