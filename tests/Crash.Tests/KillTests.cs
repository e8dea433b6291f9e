using System.Globalization;
using System.Xml.Linq;
using Varve.Crash.Tests.Kill;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

public sealed class KillTests(ITestOutputHelper output)
{
    const string Bucket = "crash";
    const int PartSize = 5 << 20;
    const int RoundsBetweenRebuilds = 5;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// A load on both surfaces, kill -9 at a random moment, a new start on the same data, again and again. A name holds
    /// what was acknowledged last or all of a write that was under way; nothing else, and nothing half.
    /// </summary>
    [Fact]
    public async Task No_kill_loses_an_acknowledged_write_or_shows_half_of_another()
    {
        var rounds = Campaign.IsLong ? 200 : 20;
        var seed = int.Parse(
            Environment.GetEnvironmentVariable("VARVE_SEED") ?? $"{Environment.TickCount & 0xFFFF}",
            CultureInfo.InvariantCulture
        );
        output.WriteLine($"VARVE_SEED={seed}");
        var dice = new Random(seed);
        var load = new CrashLoad(seed);
        using var data = new DataFolder();
        (string Access, string Secret)? keys = null;
        for (var round = 1; round <= rounds; round++)
        {
            var what = $"seed {seed}, round {round}";
            var upload = await Live(data.Path, load, dice, keys, what, kept => keys = kept);
            if (round % RoundsBetweenRebuilds == 0)
                await ReadModels.EqualARebuild(data.Path, Cancel);
            await Verify(data.Path, load, upload, keys!.Value, what);
        }
        output.WriteLine($"{rounds} kills, {load.Acknowledged} acknowledged writes");
        Assert.True(load.Acknowledged > rounds * 20, $"only {load.Acknowledged} writes were acknowledged");
    }

    async Task<S3Upload> Live(
        string data,
        CrashLoad load,
        Random dice,
        (string Access, string Secret)? keys,
        string what,
        Action<(string Access, string Secret)> keep
    )
    {
        await using var server = await ServerProcess.Start(data, "crash", Cancel);
        using var s3 = server.Sign(Bucket);
        await s3.EnsureBucket();
        using var rest = await RestAccount.Open(server.Rest, "crash-user", Cancel);
        if (keys is null)
        {
            var made = (await rest.Post("/user/keys", null, Cancel)).GetProperty("data");
            keep((made.GetProperty("AccessKey").GetString()!, made.GetProperty("SecretKey").GetString()!));
        }
        var body = load.Payload.Of("survivor", (ulong)dice.Next(), PartSize + 100);
        var upload = await S3Upload.Begin(s3, s3.PathOf("survivor"), body, PartSize, Cancel);
        var before = load.Acknowledged;
        var running = load.Run(s3, rest, Cancel);
        await Task.Delay(dice.Next(50, 1500), Cancel); // the moment of the kill is what is random here
        load.EndIsNear();
        await server.Kill();
        await running;
        output.WriteLine($"{what}: {load.Acknowledged - before} writes");
        Assert.True(load.Faults.Count == 0, $"{what}: {string.Join('\n', load.Faults)}");
        return upload;
    }

    static async Task Verify(
        string data,
        CrashLoad load,
        S3Upload upload,
        (string Access, string Secret) keys,
        string what
    )
    {
        await using var server = await ServerProcess.Start(data, "crash-verify", Cancel);
        using var s3 = server.Sign(Bucket);
        using var home = new Target(
            new Endpoint(server.S3, keys.Access, keys.Secret, "crash-user", Plain: false, []),
            "us-east-1",
            16
        );
        await upload.Finish(s3, Cancel);
        var wrong = new List<string>();
        foreach (var slot in load.Slots)
            if (await slot.Settle(slot.Rest ? home : s3, load.Payload, Cancel) is { } difference)
                wrong.Add(difference);
        Assert.True(wrong.Count == 0, $"{what}:\n{string.Join('\n', wrong)}");

        var live = load
            .Slots.Where(slot => slot.Acknowledged is not null)
            .ToLookup(slot => slot.Rest, slot => slot.Name);
        Assert.Equal(live[false].Append("survivor").Order(StringComparer.Ordinal), await List(s3));
        Assert.Equal(live[true].Order(StringComparer.Ordinal), await List(home));
        // Killed again rather than stopped: a recovery that is cut short must be as good as a whole one.
        await server.Kill();
    }

    static async Task<List<string>> List(Target target)
    {
        var xml = await target.Text(
            HttpMethod.Get,
            $"/{target.Endpoint.Bucket}",
            "list-type=2",
            null,
            SigV4.Unsigned,
            Cancel
        );
        return [.. XDocument.Parse(xml).Descendants().Where(e => e.Name.LocalName == "Key").Select(e => e.Value)];
    }
}
