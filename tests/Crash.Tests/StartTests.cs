using Varve.Server.Tests;

namespace Varve.Crash.Tests;

public sealed class StartTests(ITestOutputHelper output)
{
    const int Tries = 5;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The best of a few, since other work on the machine can only add.</summary>
    [Fact]
    public async Task A_server_without_data_is_ready_within_a_second()
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            using var data = new DataFolder();
            await using var server = await ServerProcess.Start(data.Path, "start", Cancel);
            output.WriteLine($"ready after {server.StartedIn.TotalMilliseconds:0} ms");
            best = server.StartedIn < best ? server.StartedIn : best;
        }
        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_server_that_is_asked_to_end_ends_with_status_0_and_keeps_all()
    {
        using var data = new DataFolder();
        await using (var server = await ServerProcess.Start(data.Path, "drain", Cancel))
        {
            using var s3 = server.Sign("drain");
            await s3.EnsureBucket();
            using var content = new ByteArrayContent("kept"u8.ToArray());
            (await s3.Send(HttpMethod.Put, s3.PathOf("it"), "", content, stop: Cancel)).Dispose();
            Assert.Equal(0, await server.Stop(Cancel));
        }
        await using var again = await ServerProcess.Start(data.Path, "drain-again", Cancel);
        using var target = again.Sign("drain");
        using var reply = await target.Send(HttpMethod.Get, target.PathOf("it"), stop: Cancel);
        Assert.Equal("kept", await reply.Content.ReadAsStringAsync(Cancel));
    }
}
