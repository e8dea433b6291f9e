using System.Buffers;
using System.IO.Pipelines;

namespace Varve.Api.Tests.S3.Protocol;

/// <summary>
/// A pipe that shows one more piece whenever all that it showed was examined, as a slow network does, each in a segment
/// of its own. It insists on being used as a pipe must be: one AdvanceTo after each read.
/// </summary>
sealed class DrippingPipe : PipeReader
{
    readonly Queue<int> hidden;
    readonly ReadOnlySequence<byte> all;
    long consumed;
    long shown;
    bool examinedAll = true;
    bool reading;

    public DrippingPipe(IReadOnlyList<byte[]> pieces)
    {
        hidden = new(pieces.Select(p => p.Length));
        var first = new Segment([], null);
        var last = pieces.Aggregate(first, (before, piece) => new(piece, before));
        all = new(first, 0, last, last.Memory.Length);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        Assert.False(reading);
        reading = true;
        var isEnd = hidden.Count == 0;
        if (examinedAll && !isEnd)
            shown += hidden.Dequeue();
        return new(new ReadResult(all.Slice(consumed, shown - consumed), false, isEnd));
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Assert.True(reading);
        reading = false;
        this.consumed = all.Slice(0, consumed).Length;
        examinedAll = all.Slice(0, examined).Length == shown;
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    public override void CancelPendingRead() => throw new NotSupportedException();

    public override void Complete(Exception? exception) { }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? last)
        {
            Memory = bytes;
            if (last is null)
                return;
            RunningIndex = last.RunningIndex + last.Memory.Length;
            last.Next = this;
        }
    }
}
