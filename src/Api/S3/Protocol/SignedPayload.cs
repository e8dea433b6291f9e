using System.Security.Cryptography;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>How a request's body is covered by its signature.</summary>
public enum PayloadMode
{
    /// <summary>Not at all.</summary>
    NotSigned,

    /// <summary>By its SHA-256, sent beforehand.</summary>
    Sha256,

    /// <summary>In chunks, each with its signature.</summary>
    SignedChunks,

    /// <summary>In chunks, each with its signature, and a signed trailer behind them.</summary>
    SignedChunksWithTrailer,

    /// <summary>Not at all, in chunks with a trailer behind them.</summary>
    UnsignedChunksWithTrailer,
}

/// <summary>What <c>x-amz-content-sha256</c> says.</summary>
/// <param name="Text">As sent: the last line of the canonical request.</param>
/// <param name="Sha256">32 bytes where <paramref name="Mode"/> is Sha256; else null.</param>
public sealed record SignedPayload(PayloadMode Mode, string Text, byte[]? Sha256)
{
    public static readonly SignedPayload NotSigned = new(PayloadMode.NotSigned, "UNSIGNED-PAYLOAD", null);

    static readonly SignedPayload SignedChunks = new(
        PayloadMode.SignedChunks,
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        null
    );

    static readonly SignedPayload SignedChunksWithTrailer = new(
        PayloadMode.SignedChunksWithTrailer,
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        null
    );

    static readonly SignedPayload UnsignedChunksWithTrailer = new(
        PayloadMode.UnsignedChunksWithTrailer,
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        null
    );

    /// <summary>Whether the body is framed: fine where an object or a part comes in, refused everywhere else.</summary>
    public bool IsStreaming => Mode is not (PayloadMode.NotSigned or PayloadMode.Sha256);

    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static SignedPayload Parse(string text) =>
        text switch
        {
            "UNSIGNED-PAYLOAD" => NotSigned,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => SignedChunks,
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => SignedChunksWithTrailer,
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => UnsignedChunksWithTrailer,
            _ => ParseHash(text),
        };

    /// <summary>Compares what came with what was announced. Without an announced hash all is well.</summary>
    /// <param name="sha256">32 bytes: of the whole body.</param>
    /// <exception cref="RejectedException">ContentSha256Mismatch.</exception>
    public void Check(ReadOnlySpan<byte> sha256)
    {
        if (Sha256 is not null && !CryptographicOperations.FixedTimeEquals(Sha256, sha256))
            throw new RejectedException(
                ErrorCode.ContentSha256Mismatch,
                "The provided 'x-amz-content-sha256' header does not match what was computed."
            );
    }

    static SignedPayload ParseHash(string text)
    {
        var sha256 = new byte[SHA256.HashSizeInBytes];
        if (
            text.Length != sha256.Length * 2
            || Convert.FromHexString(text, sha256, out _, out _) != System.Buffers.OperationStatus.Done
        )
            throw new RejectedException(
                ErrorCode.InvalidArgument,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                    + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER "
                    + "or a valid sha256 value."
            );
        return new(PayloadMode.Sha256, text, sha256);
    }
}
