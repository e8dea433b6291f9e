using Varve.Server.Tests;

namespace Varve.Cluster.Tests;

/// <summary>A process of the cluster, which may be killed and comes back with its data, at other ports.</summary>
public sealed class Member : IAsyncDisposable
{
    readonly DataFolder data = new();
    readonly string roles;
    readonly IReadOnlyList<(string Name, string Value)> environment;
    ServerProcess? process;

    public Member(string name, string roles, IReadOnlyList<(string Name, string Value)> environment) =>
        (Name, this.roles, this.environment) = (name, roles, environment);

    public string Name { get; }

    public string Data => data.Path;

    public ServerProcess Process => process ?? throw new InvalidOperationException($"{Name} is down.");

    public async Task Start(CancellationToken cancel) =>
        process = await ServerProcess.StartRole(roles, data.Path, $"cluster-{Name}", environment, cancel);

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        await Process.Kill();
        await Process.DisposeAsync();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        data.Dispose();
    }
}
