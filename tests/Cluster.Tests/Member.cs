using System.Text.Json;
using Varve.Server.Tests;
using Varve.Services;

namespace Varve.Cluster.Tests;

/// <summary>A process of the cluster, which may be killed and comes back where it was, with its data.</summary>
public sealed class Member : IAsyncDisposable
{
    readonly DataFolder data = new();
    readonly string roles;
    readonly IReadOnlyList<(string Name, string Value)> environment;
    readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
    ServerProcess? process;
    int lives;

    public Member(string name, string roles, IReadOnlyList<(string Name, string Value)> environment)
    {
        (Name, this.roles, this.environment) = (name, roles, environment);
        var port = Service.FreePorts(2);
        (Rest, S3) = (new($"http://127.0.0.1:{port}"), new($"http://127.0.0.1:{port + 1}"));
    }

    public string Name { get; }

    public Uri Rest { get; }

    public Uri S3 { get; }

    public ServerProcess Process => process ?? throw new InvalidOperationException($"{Name} is down.");

    /// <summary>Counts its starts; null while it is down, or not ready yet.</summary>
    public int? Life => Volatile.Read(ref process) is null ? null : lives;

    /// <summary>Returns when it is ready.</summary>
    public async Task Start(CancellationToken cancel)
    {
        var log = $"cluster-{Name}-{++lives}";
        var started = await ServerProcess.StartRole(roles, (Rest, S3), data.Path, log, environment, cancel);
        Volatile.Write(ref process, started);
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        var killed = Process;
        Volatile.Write(ref process, null);
        await killed.Kill();
        await killed.DisposeAsync();
    }

    /// <summary>What <c>/readyz</c> says.</summary>
    /// <returns>Null while nobody listens.</returns>
    public async Task<(bool Ready, string? Fault, string? Projector)?> Readiness(CancellationToken cancel)
    {
        try
        {
            using var reply = await http.GetAsync(new Uri(Rest, "readyz"), cancel);
            using var state = JsonDocument.Parse(await reply.Content.ReadAsStringAsync(cancel));
            var root = state.RootElement;
            Assert.Equal(reply.IsSuccessStatusCode, root.GetProperty("ready").GetBoolean());
            return (reply.IsSuccessStatusCode, TextOf(root, "fault"), TextOf(root, "projector"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>What its present life has written.</summary>
    public string Log => ServerProcess.LogOf($"cluster-{Name}-{lives}");

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        http.Dispose();
        data.Dispose();
    }

    static string? TextOf(JsonElement state, string name) =>
        state.TryGetProperty(name, out var value) ? value.GetString() : null;
}
