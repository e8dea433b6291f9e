using System.Buffers;
using System.IO.Pipelines;

namespace Varve.Tiers;

/// <summary>A range of a stored content as a body that comes in. Holds a bounded part of it in memory.</summary>
public sealed class StoredBody : IBodySource, IAsyncDisposable
{
    static readonly PipeOptions Bounds = new(
        pauseWriterThreshold: 1024 * 1024,
        resumeWriterThreshold: 512 * 1024,
        minimumSegmentSize: 64 * 1024,
        useSynchronizationContext: false
    );

    readonly Pipe pipe = new(Bounds);
    readonly CancellationTokenSource stop;
    readonly Task pump;
    ReadOnlySequence<byte> taken;
    bool reading;

    public StoredBody(IContentReader content, long offset, long length, CancellationToken cancel)
    {
        AnnouncedLength = length;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        pump = Pump(content, offset, length);
    }

    public long? AnnouncedLength { get; }

    /// <exception cref="ContentDamagedException">The bytes are not those that were kept.</exception>
    public async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        if (reading)
            pipe.Reader.AdvanceTo(taken.End);
        var result = await pipe.Reader.ReadAsync(cancel);
        (taken, reading) = (result.Buffer, true);
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await pipe.Reader.CompleteAsync();
        await pump;
        stop.Dispose();
    }

    async Task Pump(IContentReader content, long offset, long length)
    {
        try
        {
            await content.CopyTo(offset, length, pipe.Writer, stop.Token);
            await pipe.Writer.CompleteAsync();
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e); // the reader meets it
        }
    }
}
