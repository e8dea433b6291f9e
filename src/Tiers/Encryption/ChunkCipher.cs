using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Varve.Tiers.Encryption;

/// <summary>
/// Encrypts one stream of bytes in chunks, so that any of them is read without those before it:
/// <code>
/// sealed bytes = chunk 0 … chunk n, each 65,536 bytes of AES-256-GCM and a tag of 16; the last one may be shorter
/// nonce        = index of the chunk, 11 bytes big-endian; 1 in the last chunk, 0 in all before it
/// </code>
/// A chunk left out, moved, or cut off behind a whole one does not open: that is the STREAM construction. Nonces count,
/// so a key must never seal two streams. Not thread-safe.
/// </summary>
/// <seealso href="https://eprint.iacr.org/2015/189.pdf"/>
public sealed class ChunkCipher : IDisposable
{
    public const int KeyBytes = 32;

    /// <summary>Of the plain bytes of every chunk but the last.</summary>
    public const int ChunkBytes = 64 * 1024;

    public const int SealedChunkBytes = ChunkBytes + TagBytes;

    const int TagBytes = 16;
    const int NonceBytes = 12;

    readonly AesGcm aes;

    /// <param name="key">32 bytes, for this stream alone.</param>
    public ChunkCipher(ReadOnlySpan<byte> key) => aes = new(key, TagBytes);

    /// <summary>At least one: of nothing, too, the end is sealed.</summary>
    /// <param name="size">Of the plain bytes.</param>
    public static long ChunksOf(long size) => Math.Max(1, (size + ChunkBytes - 1) / ChunkBytes);

    /// <summary>How many bytes so many plain ones become.</summary>
    public static long SealedSize(long size) => size + (ChunksOf(size) * TagBytes);

    /// <param name="to">16 bytes longer than <paramref name="plain"/>.</param>
    public void Seal(long index, bool last, ReadOnlySpan<byte> plain, Span<byte> to)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(nonce, index, last);
        aes.Encrypt(nonce, plain, to[..plain.Length], to.Slice(plain.Length, TagBytes));
    }

    /// <param name="to">16 bytes shorter than <paramref name="chunk"/>.</param>
    /// <exception cref="AuthenticationTagMismatchException">These are not the bytes that were sealed there.</exception>
    public void Open(long index, bool last, ReadOnlySpan<byte> chunk, Span<byte> to)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(nonce, index, last);
        aes.Decrypt(nonce, chunk[..^TagBytes], chunk[^TagBytes..], to);
    }

    public void Dispose() => aes.Dispose();

    static void WriteNonce(Span<byte> nonce, long index, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], index);
        nonce[^1] = last ? (byte)1 : (byte)0;
    }
}
