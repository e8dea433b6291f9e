using Varve.Api.Http;
using Varve.Domain;
using Varve.Domain.Uploads;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>The parts that an object was uploaded in, as its upload tells them. A part keeps the number that it came
/// under.</summary>
/// <param name="Parts">In order; none where the object came in one piece.</param>
sealed record ObjectParts(IReadOnlyList<UploadEvent.PartUploaded> Parts)
{
    public static async ValueTask<ObjectParts> Of(ObjectRow row, Backend varve, CancellationToken cancel) =>
        new(row.Upload is null ? [] : [.. (await varve.FindUpload(row.Upload, cancel)).Joined]);

    /// <summary>Where a part lies in the object. What came in one piece is its own part 1.</summary>
    /// <returns>The part, if there are any; and its range, null where it has no bytes.</returns>
    /// <exception cref="RejectedException">InvalidPart.</exception>
    public (UploadEvent.PartUploaded? Part, ByteRange? Range) Find(int number, ObjectRow row)
    {
        if (Parts.Count == 0 && number == 1)
            return (null, RangeOf(0, row.Size));
        var offset = 0L;
        foreach (var part in Parts)
        {
            if (part.Number == number)
                return (part, RangeOf(offset, part.Size));
            offset += part.Size;
        }
        throw new RejectedException(ErrorCode.InvalidPart);
    }

    static ByteRange? RangeOf(long offset, long size) => size == 0 ? null : new ByteRange(offset, size);
}
