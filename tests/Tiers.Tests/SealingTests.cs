using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Varve.Tiers.Checksums;
using Varve.Tiers.Encryption;

namespace Varve.Tiers.Tests;

public sealed class SealingTests
{
    const int Chunk = ChunkCipher.ChunkBytes;

    static readonly byte[] Key = Pieces.Random(seed: 1, ChunkCipher.KeyBytes);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1), InlineData(1, 1), InlineData(1000, 7), InlineData(Chunk - 1, 4096), InlineData(Chunk, 65536)]
    [InlineData(Chunk + 1, 65536), InlineData(3 * Chunk, 1 << 20), InlineData((5 * Chunk) + 17, 100_000)]
    public async Task What_was_sealed_opens_whole_and_in_every_range(int size, int pieceBytes)
    {
        var plain = Pieces.Random(seed: 2, size);
        var (stored, hashes) = await Seal(plain, pieceBytes, Key);
        Assert.Equal(ChunkCipher.SealedSize(size), stored.Length);
        Assert.Equal(SHA256.HashData(plain), hashes.Sha256);
        Assert.Equal(MD5.HashData(plain), hashes.Md5);
        Assert.Equal((uint)Crc.Crc32.Append(0, plain), BinaryPrimitives.ReadUInt32BigEndian(hashes.Checksum));
        Assert.Equal(plain, await Open(stored, 0, size, new SealedSegment(size, () => Key)));
        foreach (var at in (int[])[1, Chunk - 1, Chunk, Chunk + 1, 3 * Chunk])
        foreach (var length in (int[])[1, 17, Chunk, (2 * Chunk) + 1])
            if (at + length <= size)
                Assert.Equal(
                    plain[at..(at + length)],
                    await Open(stored, at, length, new SealedSegment(size, () => Key))
                );
    }

    [Fact]
    public async Task Segments_end_to_end_are_one_content()
    {
        var keys = Enumerable.Range(1, 3).Select(n => WrappedKey.OfPart(Key, n, WrappedKey.NewSalt())).ToList();
        var plain = Enumerable.Range(1, 3).Select(n => Pieces.Random(n, (Chunk * n) + n)).ToList();
        var stored = new List<byte>();
        for (var i = 0; i < 3; i++)
            stored.AddRange((await Seal(plain[i], 65536, keys[i])).Stored);
        byte[] whole = [.. plain.SelectMany(part => part)];
        SealedSegment[] segments = [.. plain.Select((part, i) => new SealedSegment(part.Length, () => keys[i]))];
        Assert.Equal(whole, await Open([.. stored], 0, whole.Length, segments));
        var (from, length) = (plain[0].Length - 5, plain[1].Length + 10);
        Assert.Equal(whole[from..(from + length)], await Open([.. stored], from, length, segments));
    }

    [Fact]
    public async Task Not_one_bit_can_be_another()
    {
        var (stored, _) = await Seal(Pieces.Random(seed: 3, 2 * Chunk), 65536, Key);
        var segment = new SealedSegment(2 * Chunk, () => Key);
        foreach (var at in (int[])[0, Chunk, Chunk + 15, ChunkCipher.SealedChunkBytes, stored.Length - 1])
        {
            stored[at] ^= 1;
            await Assert.ThrowsAsync<ContentDamagedException>(() => Open(stored, 0, 2 * Chunk, segment));
            stored[at] ^= 1;
        }
    }

    [Fact]
    public async Task Chunks_cannot_change_places_or_be_cut_off()
    {
        var (stored, _) = await Seal(Pieces.Random(seed: 4, 3 * Chunk), 65536, Key);
        var chunks = stored.Chunk(ChunkCipher.SealedChunkBytes).ToList();
        await Assert.ThrowsAsync<ContentDamagedException>(() =>
            Open([.. chunks[1], .. chunks[0], .. chunks[2]], 0, Chunk, new SealedSegment(3 * Chunk, () => Key))
        );
        await Assert.ThrowsAsync<ContentDamagedException>(() =>
            Open([.. chunks[0], .. chunks[1]], Chunk, Chunk, new SealedSegment(2 * Chunk, () => Key))
        );
    }

    [Fact]
    public async Task A_part_opens_under_its_own_number_and_salt_only()
    {
        var salt = WrappedKey.NewSalt();
        var plain = Pieces.Random(seed: 5, 100);
        var (stored, _) = await Seal(plain, 65536, WrappedKey.OfPart(Key, 1, salt));
        Assert.Equal(plain, await Open(stored, 0, 100, new SealedSegment(100, () => WrappedKey.OfPart(Key, 1, salt))));
        foreach (var (number, other) in ((int, string)[])[(2, salt), (1, WrappedKey.NewSalt())])
            await Assert.ThrowsAsync<ContentDamagedException>(() =>
                Open(stored, 0, 100, new SealedSegment(100, () => WrappedKey.OfPart(Key, number, other)))
            );
    }

    [Fact]
    public void A_wrapped_key_opens_with_the_key_it_was_wrapped_with()
    {
        var (wrapping, other) = (Pieces.Random(seed: 6, 32), Pieces.Random(seed: 7, 32));
        var wrapped = WrappedKey.Wrap(wrapping, Key);
        Assert.NotEqual(wrapped, WrappedKey.Wrap(wrapping, Key));
        Assert.Equal(Key, WrappedKey.Unwrap(wrapping, wrapped));
        Assert.Null(WrappedKey.Unwrap(other, wrapped));
    }

    static async Task<(byte[] Stored, PlainHashes Hashes)> Seal(byte[] plain, int pieceBytes, byte[] key)
    {
        using var body = new SealingBody(
            new MemoryBody(plain, pieceBytes, plain.Length),
            key,
            md5: true,
            sha256: true,
            ChecksumAlgorithm.Crc32
        );
        Assert.Equal(ChunkCipher.SealedSize(plain.Length), body.AnnouncedLength);
        var stored = new ArrayBufferWriter<byte>();
        while (await body.Next(Cancel) is { IsEmpty: false } piece)
            stored.Write(piece.ToArray());
        Assert.Equal(plain.Length, body.PlainSize);
        return (stored.WrittenSpan.ToArray(), body.Hashes!);
    }

    static async Task<byte[]> Open(byte[] stored, long offset, long length, params SealedSegment[] segments)
    {
        var output = new MemoryStream();
        var writer = PipeWriter.Create(output);
        await using var reader = new OpeningReader(new MemoryContent(stored), segments, "memory");
        await reader.CopyTo(offset, length, writer, Cancel);
        await writer.FlushAsync(Cancel);
        return output.ToArray();
    }

    /// <summary>Writes what it has in odd pieces.</summary>
    sealed class MemoryContent(byte[] bytes) : IContentReader
    {
        public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
        {
            foreach (var piece in bytes.Skip((int)offset).Take((int)length).Chunk(50_001))
            {
                piece.CopyTo(output.GetSpan(piece.Length));
                output.Advance(piece.Length);
                await output.FlushAsync(cancel);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
