using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Projections.Uploads;
using static Varve.Projections.Tests.LiveReadModels;

namespace Varve.Projections.Tests;

/// <summary>What every progress view must do. One subclass an implementation; none overrides a test.</summary>
public abstract class UploadProgressContract
{
    static readonly UploadTotals Totals = new(3, Samples.Sha1("x"), 12_345_678);

    protected abstract IUploadProgress Progress { get; }

    [Fact]
    public async Task What_nobody_began_is_unknown()
    {
        await Progress.Receive("unknown", 1, Cancel);
        await Progress.End("unknown", Cancel);
        Assert.Null(await Progress.Find("unknown", Cancel));
    }

    [Fact]
    public async Task Chunks_come_in_any_order_and_twice_is_once()
    {
        await Progress.Begin("u", Totals, Cancel);
        foreach (var number in (int[])[3, 1, 3])
            await Progress.Receive("u", number, Cancel);
        var found = await Progress.Find("u", Cancel);
        Assert.Equal(Totals, found!.Totals);
        Assert.Equal([1, 3], found.Received);
    }

    [Fact]
    public async Task To_begin_again_loses_nothing()
    {
        await Progress.Begin("again", Totals, Cancel);
        await Progress.Receive("again", 2, Cancel);
        await Progress.Begin("again", Totals, Cancel);
        Assert.Equal([2], (await Progress.Find("again", Cancel))!.Received);
    }

    [Fact]
    public async Task What_ended_is_forgotten()
    {
        await Progress.Begin("ended", Totals, Cancel);
        await Progress.End("ended", Cancel);
        Assert.Null(await Progress.Find("ended", Cancel));
    }
}

public sealed class InMemoryUploadProgressTests : UploadProgressContract
{
    protected override IUploadProgress Progress { get; } = new InMemoryUploadProgress();
}

static class UploadSamples
{
    public static readonly UploadEvent.Initiated Initiated = new(
        "ana",
        "big.bin",
        "ana",
        ObjectAttributes.None,
        null,
        null,
        new UploadPlan(Samples.Sha1("x"), 10_000_000, UploadPlan.ChunkSizeLeast, 2),
        Samples.Noon
    );

    public static UploadEvent.PartUploaded Part(int number) =>
        new(number, 5_000_000, "etag", null, $"disk:part/{number}", Samples.Noon);
}
