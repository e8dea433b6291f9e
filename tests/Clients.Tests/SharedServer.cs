using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>One server for all clients; each test has buckets of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    readonly DataFolder data = new();

    public ServerProcess Process { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Process = await ServerProcess.Start(
            data.Path,
            "clients",
            [("Varve__S3__Domain", Shell.Domain)],
            TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        data.Dispose();
    }
}
