using Varve.Domain;
using Varve.Projections;
using Varve.Tiers;
using Varve.Tiers.Encryption;

namespace Varve.Api.Encryption;

/// <summary>The bytes of objects as they came, whether or not they are stored so.</summary>
static class PlainContents
{
    /// <param name="key">The object's own; null where it is not encrypted.</param>
    /// <exception cref="RejectedException">ContentPurged.</exception>
    public static async ValueTask<IContentReader> Open(
        this Backend varve,
        ObjectRow row,
        byte[]? key,
        CancellationToken cancel
    )
    {
        var location = row.Location ?? throw new RejectedException(ErrorCode.ContentPurged);
        if (key is null)
            return await varve.Contents.Open(row.Content, location, row.Size, cancel);
        var segments = await SegmentsOf(varve, row, key, cancel);
        var size = segments.Sum(segment => ChunkCipher.SealedSize(segment.Size));
        var content = await varve.Contents.Open(row.Content, location, size, cancel);
        return new OpeningReader(content, segments, location);
    }

    /// <summary>Where nobody brings a key along: REST.</summary>
    /// <exception cref="RejectedException">ContentPurged; InvalidRequest: it takes a customer's key.</exception>
    public static ValueTask<IContentReader> Open(this Backend varve, ObjectRow row, CancellationToken cancel) =>
        varve.Open(
            row,
            row.Encryption is null
                ? null
                : varve.Keys.Open(row.Encryption, customerKey: null)
                    ?? throw new RejectedException(
                        ErrorCode.InvalidRequest,
                        "The object is encrypted with a key that only its owner has: read it by S3."
                    ),
            cancel
        );

    static async ValueTask<SealedSegment[]> SegmentsOf(
        Backend varve,
        ObjectRow row,
        byte[] key,
        CancellationToken cancel
    )
    {
        if (row.Upload is null)
            return [new(row.Size, () => key)];
        var upload = await varve.FindUpload(row.Upload, cancel);
        return
        [
            .. upload.Joined.Select(part => new SealedSegment(
                part.Size,
                () => WrappedKey.OfPart(key, part.Number, part.Salt!)
            )),
        ];
    }
}
