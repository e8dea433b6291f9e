using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>
/// The chain of signatures through a body in chunks: each covers its chunk and the signature before it, the first the
/// request's own. Not thread-safe.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"/>
public sealed class ChunkSignatures(VerifiedRequest request) : IDisposable
{
    /// <summary>Length of a signature on the wire.</summary>
    public const int Digits = SHA256.HashSizeInBytes * 2;

    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly byte[] previous = Encoding.ASCII.GetBytes(request.Signature);

    /// <summary>Takes in a piece of the chunk, or of the trailer.</summary>
    public void Append(ReadOnlySequence<byte> piece)
    {
        foreach (var segment in piece)
            hash.AppendData(segment.Span);
    }

    public void Append(ReadOnlySpan<byte> piece) => hash.AppendData(piece);

    /// <summary>Checks the chunk that was taken in since the last check.</summary>
    /// <param name="signature">As it came: hex.</param>
    /// <exception cref="RejectedException">SignatureDoesNotMatch.</exception>
    public void CheckChunk(ReadOnlySpan<byte> signature) =>
        Check(
            signature,
            "AWS4-HMAC-SHA256-PAYLOAD\n"u8,
            "\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"u8
        );

    /// <summary>Checks the trailer that was taken in since the last check, as lines of <c>name:value\n</c>.</summary>
    /// <exception cref="RejectedException">SignatureDoesNotMatch.</exception>
    public void CheckTrailer(ReadOnlySpan<byte> signature) => Check(signature, "AWS4-HMAC-SHA256-TRAILER\n"u8, "\n"u8);

    public void Dispose() => hash.Dispose();

    void Check(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> beforeHash)
    {
        Span<byte> computed = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(computed);

        var text = new Utf8Buffer(stackalloc byte[512]);
        text.Append(kind);
        text.Append(request.Timestamp);
        text.Append((byte)'\n');
        text.Append(request.Scope);
        text.Append((byte)'\n');
        text.Append(previous);
        text.Append(beforeHash);
        text.AppendHexLower(computed);
        HMACSHA256.HashData(request.SigningKey, text.Written, computed);
        text.Dispose();

        Convert.TryToHexStringLower(computed, previous, out _);
        if (!CryptographicOperations.FixedTimeEquals(previous, signature))
            throw new RejectedException(
                ErrorCode.SignatureDoesNotMatch,
                "The signature of a chunk does not match the one we calculated."
            );
    }
}
