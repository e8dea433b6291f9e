using System.Net;
using System.Text.Json;

namespace Varve.Api.Tests.Hosting;

/// <summary><c>/readyz</c> where a tier that copies go to is out of reach. That of a primary:
/// <see cref="Tiers.CephPrimaryTests"/>.</summary>
public sealed class ReadinessTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("vr-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("async", HttpStatusCode.OK)]
    [InlineData("sync", HttpStatusCode.ServiceUnavailable)]
    public async Task A_tier_for_copies_that_is_down_is_named_and_counts_where_writes_wait_for_it(
        string mode,
        HttpStatusCode status
    )
    {
        await using var server = await Varve.Api.Hosting.Server.Start(
            new Dictionary<string, string?>
            {
                ["Varve:Data"] = folder,
                ["Varve:Rest:Url"] = "http://127.0.0.1:0",
                ["Varve:S3:Url"] = "http://127.0.0.1:0",
                ["Varve:Storage:Copies"] = "ceph",
                ["Varve:Storage:Mode"] = mode,
                ["Varve:Tiers:ceph:Endpoint"] = "http://127.0.0.1:1", // nobody listens there
                ["Varve:Tiers:ceph:AccessKey"] = "a",
                ["Varve:Tiers:ceph:SecretKey"] = "b",
                ["Logging:LogLevel:Default"] = "None",
            },
            jsonLog: false,
            Cancel
        );
        using var http = new HttpClient { BaseAddress = server.Rest };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var answer = await http.GetAsync("/readyz", patience.Token);
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(patience.Token));
            var tier = body.RootElement.GetProperty("tiers")[0];
            if (tier.GetProperty("fault").GetString() is not { } fault)
            {
                await Task.Delay(20, patience.Token); // no answer yet
                continue;
            }
            Assert.StartsWith("ceph: ", fault, StringComparison.Ordinal);
            Assert.Equal(("ceph", status), (tier.GetProperty("name").GetString(), answer.StatusCode));
            return;
        }
    }
}
