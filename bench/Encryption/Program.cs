using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Varve.Tiers;
using Varve.Tiers.Encryption;

// What encryption at rest costs, on one thread: bytes sealed on their way in (with and without the hashes of the plain
// bytes that are taken on the way), and opened on their way out.
const long Size = 4L << 30;
var key = new byte[ChunkCipher.KeyBytes];

Print("seal", Cipher(seal: true));
Print("open", Cipher(seal: false));
Print("seal a body, and take its CRC64NVME", await Body(md5: false, sha256: false));
Print("seal a body, and take its MD5 and CRC64NVME", await Body(md5: true, sha256: false));
Print("seal a body, and take its MD5, SHA-256 and CRC64NVME", await Body(md5: true, sha256: true));
Print("seal a content and open it again", await Content());

double Cipher(bool seal)
{
    using var cipher = new ChunkCipher(key);
    var (plain, chunk) = (new byte[ChunkCipher.ChunkBytes], new byte[ChunkCipher.SealedChunkBytes]);
    cipher.Seal(0, last: false, plain, chunk);
    var begun = Stopwatch.GetTimestamp();
    for (var index = 0L; index < Size / ChunkCipher.ChunkBytes; index++)
        if (seal)
            cipher.Seal(index, last: false, plain, chunk);
        else
            cipher.Open(0, last: false, chunk, plain);
    return Stopwatch.GetElapsedTime(begun).TotalSeconds;
}

async Task<double> Body(bool md5, bool sha256)
{
    using var body = new SealingBody(new Zeros(Size), key, md5, sha256, ChecksumAlgorithm.Crc64Nvme);
    var begun = Stopwatch.GetTimestamp();
    while (await body.Next(CancellationToken.None) is { IsEmpty: false }) { }
    return Stopwatch.GetElapsedTime(begun).TotalSeconds;
}

async Task<double> Content()
{
    var segment = new SealedSegment(Size, () => key);
    await using var content = new OpeningReader(new Sealed(key), [segment], "memory");
    var begun = Stopwatch.GetTimestamp();
    await content.CopyTo(0, Size, PipeWriter.Create(Stream.Null), CancellationToken.None);
    return Stopwatch.GetElapsedTime(begun).TotalSeconds;
}

static void Print(string what, double seconds) =>
    Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"| {what} | {Size / seconds / (1L << 30):0.00} GiB/s |")
    );

/// <summary>So many zeros, in pieces of 64 KiB.</summary>
sealed class Zeros(long size) : IBodySource
{
    readonly byte[] block = new byte[64 * 1024];
    long left = size;

    public long? AnnouncedLength => null;

    public ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
    {
        var bytes = (int)Math.Min(left, block.Length);
        left -= bytes;
        return new(new ReadOnlySequence<byte>(block, 0, bytes));
    }
}

/// <summary>A content of zeros, sealed while it is read.</summary>
sealed class Sealed(byte[] key) : IContentReader
{
    public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
    {
        using var cipher = new ChunkCipher(key);
        var plain = new byte[ChunkCipher.ChunkBytes];
        var chunks = length / ChunkCipher.SealedChunkBytes;
        for (var index = 0L; index < chunks; index++)
        {
            cipher.Seal(index, last: index == chunks - 1, plain, output.GetSpan(ChunkCipher.SealedChunkBytes));
            output.Advance(ChunkCipher.SealedChunkBytes);
            if (index % 4 == 0)
                await output.FlushAsync(cancel);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
