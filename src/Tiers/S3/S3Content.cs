using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using Amazon.S3;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.S3;

/// <summary>
/// A content in an object: streams ranges of it, and goes on where a connection broke. Of a whole the checksum is
/// known, and what was read last is passed on only when it is right; of a range, the object's size is checked. The
/// checksum is the CRC where the location has one: it finds damage as well, and costs a fiftieth of the SHA-256, which
/// is the scrubber's to look at.
/// </summary>
sealed class S3Content(S3Store store, S3Location at, long size, TimeSpan patience) : IContentReader
{
    const int ReadBytes = 64 * 1024;
    const int FlushBytes = 256 * 1024;

    public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
    {
        ContentRange.Check(offset, length, size);
        using var checksum = length == size ? new IncrementalChecksum(Kind) : null;
        var range = new Range(offset, offset + length, checksum);
        for (var attempt = 1; range.Left > 0; )
        {
            var before = range.Left;
            try
            {
                if (!await Continue(range, output, cancel))
                    return; // nobody reads any more
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested && S3Faults.IsOfTheServer(fault))
            {
                if (S3Faults.IsMissing(fault))
                    throw Damaged("the object is missing");
                if (fault is AmazonS3Exception { StatusCode: HttpStatusCode.RequestedRangeNotSatisfiable })
                    throw Damaged($"the object does not have {size} bytes");
                attempt = range.Left < before ? 1 : attempt + 1;
                if (!S3Faults.MayPass(fault) || !await S3Faults.PauseBefore(attempt, cancel))
                    throw S3Faults.Unavailable(store.Tier, fault);
            }
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    ChecksumAlgorithm Kind => at.Crc64 is null ? ChecksumAlgorithm.Sha256 : ChecksumAlgorithm.Crc64Nvme;

    byte[] Expected =>
        at.Crc64 is { } crc
            ? BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(crc))
            : Convert.FromHexString(at.Sha256);

    /// <returns>False when the reader has gone.</returns>
    async ValueTask<bool> Continue(Range range, PipeWriter output, CancellationToken cancel)
    {
        long? last = range.Left == size ? null : range.End - 1;
        using var response = await store.Get(at, range.Next, last, cancel);
        if (!IsAsAsked(response, range, ofAll: last is null))
            throw Damaged($"the object does not have {size} bytes");
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var unflushed = 0;
        while (range.Left > 0)
        {
            var room = output.GetMemory((int)Math.Min(range.Left, ReadBytes));
            silence.CancelAfter(patience);
            var read = await body.ReadAsync(room[..(int)Math.Min(range.Left, room.Length)], silence.Token);
            silence.CancelAfter(Timeout.InfiniteTimeSpan); // a slow reader is no silence of the server's
            if (read == 0)
                throw new HttpIOException(HttpRequestError.ResponseEnded);
            range.Take(room.Span[..read]);
            if (range.Left == 0 && !range.IsRight(Expected))
                throw new ContentDamagedException(at.ToString(), $"the bytes have another {Kind}")
                {
                    SentMayBeWrong = true,
                };
            output.Advance(read);
            unflushed += read;
            if (unflushed < FlushBytes && range.Left > 0)
                continue;
            unflushed = 0;
            if ((await output.FlushAsync(cancel)).IsCompleted)
                return false;
        }
        return true;
    }

    bool IsAsAsked(HttpResponseMessage response, Range range, bool ofAll)
    {
        var headers = response.Content.Headers;
        return headers.ContentLength == range.Left
            && (
                ofAll
                    ? response.StatusCode == HttpStatusCode.OK
                    : response.StatusCode == HttpStatusCode.PartialContent
                        && headers.ContentRange is { From: { } from, Length: { } whole }
                        && from == range.Next
                        && whole == size
            );
    }

    ContentDamagedException Damaged(string detail) => new(at.ToString(), detail);

    /// <summary>How far a range has been passed on.</summary>
    /// <param name="checksum">Of all of it; null where that is not known.</param>
    sealed class Range(long next, long end, IncrementalChecksum? checksum)
    {
        public long Next { get; private set; } = next;

        public long End => end;

        public long Left => end - Next;

        public void Take(ReadOnlySpan<byte> bytes)
        {
            checksum?.Append(bytes);
            Next += bytes.Length;
        }

        public bool IsRight(ReadOnlySpan<byte> expected)
        {
            if (checksum is null)
                return true;
            Span<byte> actual = stackalloc byte[checksum.SizeBytes];
            checksum.Finish(actual);
            return actual.SequenceEqual(expected);
        }
    }
}
