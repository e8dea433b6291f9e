using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Varve.Load;

/// <summary>
/// The source of all object bodies: one pool of random bytes, made once. A body is a 16-byte stamp (key and generation)
/// and then the pool from an offset that the stamp decides, so that every body is incompressible and unique as a whole,
/// sending one costs no more than writing slices of the pool, and a GET is checked byte for byte
/// with nothing remembered.
/// </summary>
public sealed class Payload
{
    // Prime, so that no block or part size divides it: a misplaced or repeated part never matches.
    const int PoolLength = 16_777_259;

    readonly byte[] _pool = new byte[PoolLength];
    readonly ulong _seed;

    public Payload(ulong seed)
    {
        _seed = seed;
        var words = MemoryMarshal.Cast<byte, ulong>(_pool.AsSpan());
        for (var i = 0; i < words.Length; i++)
            words[i] = Mix(seed + (ulong)i);
    }

    /// <summary>The body of <paramref name="key"/>; another generation is another body.</summary>
    public Body Of(string key, ulong generation, long size)
    {
        if (size < Body.Stamp)
            generation = 0;
        var identity = Fnv(key) ^ _seed;
        return new Body(_pool, identity, generation, (long)(Mix(identity ^ Mix(generation)) % PoolLength), size);
    }

    /// <summary>The body that <paramref name="start"/>, the first bytes of a GET, claims to be.</summary>
    public Body Claimed(string key, ReadOnlySpan<byte> start, long size) =>
        Of(key, start.Length < Body.Stamp ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(start[8..]), size);

    // splitmix64's output function: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
    static ulong Mix(ulong x)
    {
        x *= 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    static ulong Fnv(string key)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var c in key)
            hash = (hash ^ c) * 0x100000001B3;
        return hash;
    }
}

/// <summary>The bytes of one object, made on demand at any position.</summary>
public readonly record struct Body(byte[] Pool, ulong Identity, ulong Generation, long Offset, long Size)
{
    /// <summary>Bytes of the stamp at the start; a shorter body has none.</summary>
    public const int Stamp = 16;

    bool Stamped => Size >= Stamp;

    /// <summary>The longest run of bytes at <paramref name="position"/> (past the stamp) in one piece.</summary>
    public ReadOnlyMemory<byte> Piece(long position, long most)
    {
        var at = (int)((Offset + position) % Pool.Length);
        return Pool.AsMemory(at, (int)Math.Min(most, Pool.Length - at));
    }

    /// <summary>Fills <paramref name="target"/> with the bytes at <paramref name="position"/>.</summary>
    public void Copy(long position, Span<byte> target)
    {
        if (Stamped && position < Stamp)
        {
            Span<byte> stamp = stackalloc byte[Stamp];
            BinaryPrimitives.WriteUInt64LittleEndian(stamp, Identity);
            BinaryPrimitives.WriteUInt64LittleEndian(stamp[8..], Generation);
            var head = stamp[(int)position..];
            head = head[..Math.Min(head.Length, target.Length)];
            head.CopyTo(target);
            position += head.Length;
            target = target[head.Length..];
        }
        while (target.Length > 0)
        {
            var piece = Piece(position, target.Length).Span;
            piece.CopyTo(target);
            position += piece.Length;
            target = target[piece.Length..];
        }
    }

    /// <summary>True when <paramref name="actual"/> is what belongs at <paramref name="position"/>.</summary>
    public bool Matches(long position, ReadOnlySpan<byte> actual)
    {
        if (position + actual.Length > Size)
            return false;
        if (Stamped && position < Stamp)
        {
            Span<byte> expected = stackalloc byte[Stamp];
            expected = expected[..(int)Math.Min(Stamp - position, actual.Length)];
            Copy(position, expected);
            if (!actual[..expected.Length].SequenceEqual(expected))
                return false;
            position += expected.Length;
            actual = actual[expected.Length..];
        }
        while (actual.Length > 0)
        {
            var piece = Piece(position, actual.Length).Span;
            if (!actual[..piece.Length].SequenceEqual(piece))
                return false;
            position += piece.Length;
            actual = actual[piece.Length..];
        }
        return true;
    }

    /// <summary>SHA-256 of the range, in lower-case hex.</summary>
    public string Sha256(long start, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> first = stackalloc byte[(int)Math.Min(Stamp, length)];
        Copy(start, first);
        hash.AppendData(first);
        for (long done = first.Length; done < length; )
        {
            var piece = Piece(start + done, length - done).Span;
            hash.AppendData(piece);
            done += piece.Length;
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

/// <summary>A range of a body as a request's content: written straight from the pool, in large pieces.</summary>
public sealed class BodyContent(Body body, long start, long count) : HttpContent
{
    const int WriteLength = 256 << 10;
    const int FirstLength = 16 << 10;

    protected override bool TryComputeLength(out long length)
    {
        length = count;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken
    )
    {
        // The first bytes carry the stamp and go through a buffer; so a small body is one write.
        var buffer = ArrayPool<byte>.Shared.Rent(FirstLength);
        var first = buffer.AsMemory(0, (int)Math.Min(count, FirstLength));
        body.Copy(start, first.Span);
        await stream.WriteAsync(first, cancellationToken);
        ArrayPool<byte>.Shared.Return(buffer);
        for (long done = first.Length; done < count; )
        {
            var piece = body.Piece(start + done, Math.Min(WriteLength, count - done));
            await stream.WriteAsync(piece, cancellationToken);
            done += piece.Length;
        }
    }
}
