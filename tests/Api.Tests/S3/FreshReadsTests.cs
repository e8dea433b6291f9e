using System.Globalization;

namespace Varve.Api.Tests.S3;

/// <summary>What is read while the read models are behind.</summary>
public sealed class FreshReadsTests(S3Host host)
{
    [Fact]
    public async Task Nothing_stale_is_shown_while_the_read_models_are_behind()
    {
        await using var late = new S3Host { BarrierWait = TimeSpan.FromMilliseconds(20) };
        await late.InitializeAsync();
        var (raw, bucket) = (late.Raw("ana"), await late.NewBucket());
        Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/k", [1])).Status);
        await late.StopProjections();
        Assert.Equal(200, (await raw.Send("PUT", $"/{bucket}/k", [2])).Status); // late is not failed
        var get = await raw.Send("GET", $"/{bucket}/k");
        Assert.Equal((503, "SlowDown"), (get.Status, get.Code));
        Assert.Equal("SlowDown", (await raw.Send("GET", $"/{bucket}")).Code);
        var copy = await raw.Send("PUT", $"/{bucket}/l", null, ("x-amz-copy-source", $"{bucket}/k"));
        Assert.Equal("SlowDown", copy.Code);
    }

    [Fact]
    public async Task A_position_beyond_the_log_is_refused_at_once()
    {
        var bucket = await host.NewBucket();
        var position = long.MaxValue.ToString(CultureInfo.InvariantCulture);
        var answer = await host.Raw("ana").Send("GET", $"/{bucket}", null, ("x-varve-position", position));
        Assert.Equal((400, "InvalidArgument"), (answer.Status, answer.Code));
    }
}
