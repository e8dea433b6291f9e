using System.Buffers;
using System.IO.Pipelines;

namespace Varve.Tiers.Tests;

/// <summary>A body from memory, in pieces; each is overwritten when the next is asked for.</summary>
sealed class MemoryBody(byte[] bytes, int pieceBytes, long? announced) : IBodySource
{
    byte[] last = [];
    int position;

    public MemoryBody(byte[] bytes)
        : this(bytes, 65536, bytes.Length) { }

    public long? AnnouncedLength { get; } = announced;

    public ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        last.AsSpan().Fill(0xEE);
        last = bytes[position..Math.Min(bytes.Length, position + pieceBytes)];
        position += last.Length;
        return new(Pieces.Split(last, pieceBytes / 3));
    }
}

/// <summary>So many bytes of a repeating pattern, made as they are asked for.</summary>
sealed class PatternBody(long size) : IBodySource
{
    readonly byte[] block = Pieces.Random(seed: 5, 65536);
    long left = size;

    public long? AnnouncedLength => null;

    public ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        var bytes = (int)Math.Min(left, block.Length);
        left -= bytes;
        return new(new ReadOnlySequence<byte>(block, 0, bytes));
    }

    public byte At(long offset) => block[offset % block.Length];
}

/// <summary>A body that breaks off.</summary>
sealed class BrokenBody(byte[] start, Exception failure) : IBodySource
{
    bool given;

    public long? AnnouncedLength => null;

    public ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        if (given)
            throw failure;
        given = true;
        return new(new ReadOnlySequence<byte>(start));
    }
}

static class Pieces
{
    public static byte[] Random(int seed, int bytes)
    {
        var random = new byte[bytes];
        new Random(seed).NextBytes(random);
        return random;
    }

    /// <summary>A sequence of several segments.</summary>
    public static ReadOnlySequence<byte> Split(byte[] bytes, int segmentBytes)
    {
        if (bytes.Length == 0)
            return ReadOnlySequence<byte>.Empty;
        var first = new Segment(bytes.AsMemory(0, Math.Min(bytes.Length, Math.Max(1, segmentBytes))));
        var last = first;
        while (last.RunningIndex + last.Memory.Length < bytes.Length)
        {
            var at = (int)last.RunningIndex + last.Memory.Length;
            last = last.Append(bytes.AsMemory(at, Math.Min(bytes.Length - at, Math.Max(1, segmentBytes))));
        }
        return new(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}

/// <summary>What a caller of a tier does, in one line each.</summary>
static class TierCalls
{
    public static readonly StageOptions NoLimit = new(null, long.MaxValue);

    public static async Task<string> Put(this ITier tier, byte[] bytes)
    {
        await using var staged = await tier.Stage(new MemoryBody(bytes), NoLimit, CancellationToken.None);
        return await tier.Keep(staged, CancellationToken.None);
    }

    public static async Task<Varve.Tiers.Segment> PutPart(this ITier tier, string uploadId, int number, byte[] bytes)
    {
        await using var staged = await tier.Stage(new MemoryBody(bytes), NoLimit, CancellationToken.None);
        return new(await tier.KeepPart(uploadId, number, staged, CancellationToken.None), bytes.Length);
    }

    public static Task<byte[]> Get(this ITier tier, string location, long size) => tier.Get(location, size, 0, size);

    public static async Task<byte[]> Get(this ITier tier, string location, long size, long offset, long length)
    {
        using var stream = new MemoryStream();
        await tier.CopyTo(stream, location, size, offset, length);
        return stream.ToArray();
    }

    /// <summary>What came before a failure is in the stream.</summary>
    public static async Task CopyTo(
        this ITier tier,
        MemoryStream stream,
        string location,
        long size,
        long offset,
        long length
    )
    {
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        await using var content = await tier.Open(location, size, CancellationToken.None);
        await content.CopyTo(offset, length, output, CancellationToken.None);
        await output.CompleteAsync();
    }
}
