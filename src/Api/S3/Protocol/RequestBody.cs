using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.IO.Pipelines;
using Varve.Domain;
using Varve.Tiers;

namespace Varve.Api.S3.Protocol;

/// <summary>
/// The body of an S3 request, freed of its framing. Dispose it before the answer ends, however reading went. Not
/// thread-safe.
/// </summary>
public abstract class RequestBody : IBodySource, IDisposable
{
    /// <summary>What followed a body in chunks, names in lower case; empty before its end.</summary>
    public virtual IReadOnlyDictionary<string, string> Trailers => FrozenDictionary<string, string>.Empty;

    public abstract long? AnnouncedLength { get; }

    public abstract ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel);

    public abstract void Dispose();

    /// <summary>Opens the body of an operation that takes bytes in: an object, or a part.</summary>
    /// <exception cref="RejectedException">MissingContentLength; InvalidArgument for a length that is no number;
    /// InvalidRequest for a trailer nobody knows.</exception>
    public static RequestBody Open(PipeReader reader, IHeaderDictionary headers, VerifiedRequest request)
    {
        var payload = request.Payload;
        if (!payload.IsStreaming)
            return headers.ContentLength is { } length ? new PlainBody(reader, length)
                : headers.TransferEncoding.Count > 0 ? new EndlessBody(reader)
                : throw LengthMissing("Content-Length");

        return new ChunkedBody(
            reader,
            DecodedLength(headers),
            payload.Mode == PayloadMode.UnsignedChunksWithTrailer ? null : new ChunkSignatures(request),
            payload.Mode == PayloadMode.SignedChunks ? null : ExpectedChecksum.AnnouncedTrailer(headers),
            endsWithTrailer: payload.Mode != PayloadMode.SignedChunks
        );
    }

    static long DecodedLength(IHeaderDictionary headers)
    {
        var text = headers["x-amz-decoded-content-length"];
        if (text.Count == 0)
            throw LengthMissing("x-amz-decoded-content-length");
        return long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new RejectedException(
                ErrorCode.InvalidArgument,
                "x-amz-decoded-content-length is not a number of bytes."
            );
    }

    static RejectedException LengthMissing(string header) =>
        new(ErrorCode.MissingContentLength, $"You must provide the {header} HTTP header.");
}
