using System.IO.Pipelines;

namespace Varve.Tiers.Tests.Disk;

[CollectionDefinition(nameof(HugeTests), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Measures the process, so it runs alone.</summary>
[Collection(nameof(HugeTests))]
public sealed class HugeTests : IAsyncDisposable
{
    readonly TempTier temp = new();

    public ValueTask DisposeAsync() => temp.DisposeAsync();

    [Fact] // more than one stripe of a block file, too
    public async Task Memory_stays_flat_whatever_the_size()
    {
        const long Size = (1L << 30) + (3 * 65536) + 17;
        var body = new PatternBody(Size);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocated = GC.GetTotalAllocatedBytes();
        await using var staged = await temp.Tier.Stage(body, TierCalls.NoLimit, CancellationToken.None);
        var location = await temp.Tier.Keep(staged, CancellationToken.None);
        var sink = new Sink();
        await using (var content = await temp.Tier.Open(location, Size, CancellationToken.None))
            await content.CopyTo(0, Size, sink, CancellationToken.None);

        Assert.Equal(Size, sink.Written);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 << 20);
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 32 << 20);

        foreach (var offset in (long[])[(1L << 30) - 65537, (1L << 30) - 1, 1L << 30, Size - 20])
        {
            var length = Math.Min(70_000, Size - offset);
            var read = await temp.Tier.Get(location, Size, offset, length);
            Assert.Equal(length, read.Length);
            for (var i = 0; i < read.Length; i++)
                Assert.Equal(body.At(offset + i), read[i]);
        }
    }

    /// <summary>Takes all and keeps nothing.</summary>
    sealed class Sink : PipeWriter
    {
        readonly byte[] buffer = new byte[65536];

        public long Written { get; private set; }

        public override void Advance(int bytes) => Written += bytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => buffer;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override void CancelPendingFlush() { }

        public override void Complete(Exception? exception = null) { }
    }
}
