using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Tests.Checksums;

public sealed class ChecksumTests
{
    static readonly (Crc Crc, int Bits, ulong Polynomial)[] Crcs =
    [
        (Crc.Crc32, 32, 0xEDB8_8320),
        (Crc.Crc32C, 32, 0x82F6_3B78),
        (Crc.Crc64Nvme, 64, 0x9A6C_9329_AC4B_C9B5),
    ];

    static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 3000];

    [Theory] // the published check values, of "123456789"
    [InlineData(ChecksumAlgorithm.Crc32, "cbf43926")]
    [InlineData(ChecksumAlgorithm.Crc32C, "e3069283")]
    [InlineData(ChecksumAlgorithm.Crc64Nvme, "ae8b14860a799888")]
    [InlineData(ChecksumAlgorithm.Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441")]
    [InlineData(ChecksumAlgorithm.Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")]
    public void The_check_value_is_the_published_one(ChecksumAlgorithm algorithm, string hex)
    {
        using var checksum = new IncrementalChecksum(algorithm);
        for (var i = 0; i < 2; i++) // the second time shows that Finish begins anew
        {
            checksum.Append("1234"u8);
            checksum.Append("56789"u8);
            var value = new byte[checksum.SizeBytes];
            checksum.Finish(value);
            Assert.Equal(hex, Convert.ToHexStringLower(value));
        }
    }

    [Fact]
    public void Every_length_is_as_bit_by_bit()
    {
        var bytes = new byte[1500];
        new Random(1).NextBytes(bytes);
        foreach (var (crc, bits, polynomial) in Crcs)
            for (var length = 0; length <= bytes.Length; length++)
                Assert.Equal(
                    BitByBit(bits, polynomial, bytes.AsSpan(0, length)),
                    crc.Append(0, bytes.AsSpan(0, length))
                );
    }

    [Fact]
    public void Pieces_give_what_the_whole_gives() =>
        Gen.Select(Bytes, Bytes, Gen.Int[0, 2])
            .Sample(
                (first, second, which) =>
                {
                    var (crc, bits, polynomial) = Crcs[which];
                    var whole = BitByBit(bits, polynomial, [.. first, .. second]);
                    var (left, right) = (crc.Append(0, first), crc.Append(0, second));
                    return crc.Append(left, second) == whole && crc.Combine(left, right, second.Length) == whole;
                },
                iter: 300
            );

    [Fact]
    public void Combining_knows_lengths_beyond_memory()
    {
        // 2^40 zero bytes, by doubling: each step combines a checksum with itself.
        foreach (var (crc, _, _) in Crcs)
        {
            var (doubled, length) = (crc.Append(0, [0]), 1L);
            for (; length < 1L << 40; length *= 2)
                doubled = crc.Combine(doubled, doubled, length);
            Assert.Equal(crc.Append(doubled, [7]), crc.Combine(doubled, crc.Append(0, [7]), 1));
            Assert.Equal(crc.Combine(crc.Append(0, [0]), doubled, length), crc.Append(doubled, [0]));
        }
    }

    [Fact]
    public void Only_a_crc_combines()
    {
        var sha = SHA1.HashData("a"u8);
        Assert.Throws<ArgumentException>(() => IncrementalChecksum.Combine(ChecksumAlgorithm.Sha1, sha, sha, 1));
        Assert.Throws<ArgumentException>(() =>
            IncrementalChecksum.Combine(ChecksumAlgorithm.Crc32, new byte[8], new byte[4], 1)
        );
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ChecksumAlgorithm.Crc32)]
    [InlineData(ChecksumAlgorithm.Crc32C)]
    [InlineData(ChecksumAlgorithm.Crc64Nvme)]
    [InlineData(ChecksumAlgorithm.Sha1)]
    [InlineData(ChecksumAlgorithm.Sha256)]
    public void A_content_is_hashed_all_ways_in_one_pass(ChecksumAlgorithm? algorithm)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 1000)));
        for (var i = 0; i < 3; i++)
        {
            var withMd5 = i != 1; // a pooled one forgets what was asked of it before
            var hasher = ContentHasher.Rent(algorithm, withMd5);
            hasher.Append(bytes.AsSpan(0, 1000));
            hasher.Append(bytes.AsSpan(1000));
            var hashes = hasher.Finish();
            Assert.Equal(SHA256.HashData(bytes), hashes.Sha256);
            Assert.Equal(SHA1.HashData(bytes), hashes.Sha1);
            Assert.Equal(withMd5 ? MD5.HashData(bytes) : null, hashes.Md5);
            Assert.Equal(algorithm is { } a ? Of(a, bytes) : null, hashes.Checksum);
        }
    }

    static byte[] Of(ChecksumAlgorithm algorithm, byte[] bytes)
    {
        using var checksum = new IncrementalChecksum(algorithm);
        checksum.Append(bytes);
        var value = new byte[checksum.SizeBytes];
        checksum.Finish(value);
        return value;
    }

    static ulong BitByBit(int bits, ulong polynomial, ReadOnlySpan<byte> bytes)
    {
        var mask = ulong.MaxValue >> (64 - bits);
        var state = mask;
        foreach (var b in bytes)
        {
            state ^= b;
            for (var i = 0; i < 8; i++)
                state = (state & 1) == 0 ? state >> 1 : (state >> 1) ^ polynomial;
        }
        return ~state & mask;
    }
}
