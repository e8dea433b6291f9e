using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Varve.Tiers.Checksums;

/// <summary>
/// A reflected CRC of 32 or 64 bits that starts and ends with all bits flipped: the three that S3 knows. Folds by
/// carry-less multiplication, 256 bytes at a time with VPCLMULQDQ, 64 with PCLMULQDQ; tables elsewhere.
/// Immutable, thread-safe.
/// </summary>
/// <remarks>V. Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction, Intel
/// 2009.</remarks>
/// <seealso href="https://reveng.sourceforge.io/crc-catalogue/all.htm"/>
public sealed class Crc
{
    /// <summary>CRC-32/ISO-HDLC, the one of zip and Ethernet.</summary>
    public static readonly Crc Crc32 = new(32, 0xEDB8_8320);

    /// <summary>CRC-32/ISCSI.</summary>
    public static readonly Crc Crc32C = new(32, 0x82F6_3B78);

    /// <summary>CRC-64/NVME.</summary>
    public static readonly Crc Crc64Nvme = new(64, 0x9A6C_9329_AC4B_C9B5);

    readonly int bits;
    readonly ulong polynomial;
    readonly ulong mask;

    /// <summary>Slicing by 8: entry [k * 256 + b] is byte b followed by k zero bytes.</summary>
    readonly ulong[] table = new ulong[8 * 256];

    // What carries a 128-bit lane so many bits forward, for its low and its high half.
    readonly Vector128<ulong> forward128;
    readonly Vector128<ulong> forward512;
    readonly Vector128<ulong> forward2048;

    Crc(int bits, ulong reflectedPolynomial)
    {
        this.bits = bits;
        polynomial = reflectedPolynomial;
        mask = ulong.MaxValue >> (64 - bits);
        for (var i = 0; i < 256; i++)
            table[i] = ShiftByte((ulong)i);
        for (var i = 256; i < table.Length; i++)
            table[i] = table[(int)(table[i - 256] & 0xFF)] ^ (table[i - 256] >> 8);

        forward128 = Forward(128);
        forward512 = Forward(512);
        forward2048 = Forward(2048);
    }

    /// <summary>Of the checksum, in bytes: 4 or 8.</summary>
    public int SizeBytes => bits / 8;

    /// <summary>Goes on with a checksum.</summary>
    /// <param name="crc">Of the bytes before; 0 at the beginning.</param>
    /// <returns>The checksum of the bytes before and <paramref name="bytes"/> together.</returns>
    public ulong Append(ulong crc, ReadOnlySpan<byte> bytes)
    {
        var state = ~crc & mask;
        if (Pclmulqdq.V512.IsSupported && bytes.Length >= 512)
            state = Fold512(state, ref bytes);
        else if (Pclmulqdq.IsSupported && bytes.Length >= 128)
            state = Fold128(state, ref bytes);
        return ~Tables(state, bytes) & mask;
    }

    /// <summary>The checksum of two pieces end to end, from theirs.</summary>
    /// <param name="secondLength">In bytes, 0 or more.</param>
    public ulong Combine(ulong first, ulong second, long secondLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(secondLength);
        return Multiply(PowerOfX((UInt128)secondLength * 8), first) ^ second;
    }

    ulong Tables(ulong state, ReadOnlySpan<byte> bytes)
    {
        var entries = table;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var word = state ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            state = 0;
            for (var i = 0; i < 8; i++, word >>= 8)
                state ^= entries[((7 - i) * 256) + (int)(word & 0xFF)];
        }
        foreach (var b in bytes)
            state = entries[(int)((state ^ b) & 0xFF)] ^ (state >> 8);
        return state;
    }

    ulong Fold128(ulong state, ref ReadOnlySpan<byte> bytes)
    {
        var lanes = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        var (a, b, c, d) = (lanes[0] ^ Vector128.CreateScalar(state), lanes[1], lanes[2], lanes[3]);
        var at = 4;
        for (; at + 4 <= lanes.Length; at += 4)
        {
            a = Carry(a, forward512) ^ lanes[at];
            b = Carry(b, forward512) ^ lanes[at + 1];
            c = Carry(c, forward512) ^ lanes[at + 2];
            d = Carry(d, forward512) ^ lanes[at + 3];
        }
        var one = Carry(Carry(Carry(a, forward128) ^ b, forward128) ^ c, forward128) ^ d;
        return Finish(one, lanes, at, ref bytes);
    }

    ulong Fold512(ulong state, ref ReadOnlySpan<byte> bytes)
    {
        var lanes = MemoryMarshal.Cast<byte, Vector512<ulong>>(bytes);
        var (a, b, c, d) = (lanes[0] ^ Vector512.CreateScalar(state), lanes[1], lanes[2], lanes[3]);
        var far = Vector512.Create(Vector256.Create(forward2048), Vector256.Create(forward2048));
        var near = Vector512.Create(Vector256.Create(forward512), Vector256.Create(forward512));
        var at = 4;
        for (; at + 4 <= lanes.Length; at += 4)
        {
            a = Carry(a, far) ^ lanes[at];
            b = Carry(b, far) ^ lanes[at + 1];
            c = Carry(c, far) ^ lanes[at + 2];
            d = Carry(d, far) ^ lanes[at + 3];
        }
        a = Carry(Carry(Carry(a, near) ^ b, near) ^ c, near) ^ d;
        for (; at < lanes.Length; at++)
            a = Carry(a, near) ^ lanes[at];

        var one = a.GetLower().GetLower();
        one = Carry(one, forward128) ^ a.GetLower().GetUpper();
        one = Carry(one, forward128) ^ a.GetUpper().GetLower();
        one = Carry(one, forward128) ^ a.GetUpper().GetUpper();
        return Finish(one, MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes), at * 4, ref bytes);
    }

    /// <summary>Folds what is left of whole lanes; the last lane then stands for all bytes before it.</summary>
    ulong Finish(Vector128<ulong> one, ReadOnlySpan<Vector128<ulong>> lanes, int at, ref ReadOnlySpan<byte> bytes)
    {
        for (; at < lanes.Length; at++)
            one = Carry(one, forward128) ^ lanes[at];
        bytes = bytes[(at * 16)..];
        return Tables(0, MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<ulong>>(in one)));
    }

    static Vector128<ulong> Carry(Vector128<ulong> lane, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(lane, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, by, 0x11);

    static Vector512<ulong> Carry(Vector512<ulong> lanes, Vector512<ulong> by) =>
        Pclmulqdq.V512.CarrylessMultiply(lanes, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(lanes, by, 0x11);

    /// <summary>
    /// A product of two reflected words comes out one bit too low, hence the -1; the low half of a lane holds the
    /// earlier bytes, which lie 64 bits further from the end.
    /// </summary>
    Vector128<ulong> Forward(int distance) =>
        Vector128.Create(
            PowerOfX((UInt128)(distance + 64 - 1)) << (64 - bits),
            PowerOfX((UInt128)(distance - 1)) << (64 - bits)
        );

    ulong PowerOfX(UInt128 exponent)
    {
        var power = 1UL << (bits - 1); // x^0, reflected
        var square = power >> 1; // x^1
        for (; exponent != 0; exponent >>= 1)
        {
            if ((exponent & 1) == 1)
                power = Multiply(power, square);
            square = Multiply(square, square);
        }
        return power;
    }

    ulong Multiply(ulong left, ulong right)
    {
        var product = 0UL;
        for (var bit = 1UL << (bits - 1); bit != 0; bit >>= 1)
        {
            if ((left & bit) != 0)
                product ^= right;
            right = ShiftBit(right);
        }
        return product;
    }

    ulong ShiftByte(ulong value)
    {
        for (var i = 0; i < 8; i++)
            value = ShiftBit(value);
        return value;
    }

    ulong ShiftBit(ulong value) => (value >> 1) ^ ((value & 1) == 0 ? 0 : polynomial);
}
