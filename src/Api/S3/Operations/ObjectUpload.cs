using System.Buffers;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Uploads;
using Varve.Tiers;

namespace Varve.Api.S3.Operations;

/// <summary>The upload that a request names by key and id.</summary>
static class ObjectUpload
{
    /// <summary>What CreateMultipartUpload makes ids of.</summary>
    public const int IdDigits = 32;

    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>In whatever state it is.</summary>
    /// <exception cref="RejectedException">NoSuchUpload: there is none of this id for this key.</exception>
    public static async ValueTask<Upload> Find(S3Request request, Backend varve, CancellationToken cancel)
    {
        var id = request.Query["uploadId"]!;
        if (id.Length != IdDigits || id.AsSpan().ContainsAnyExcept(HexDigits))
            throw new RejectedException(ErrorCode.NoSuchUpload);
        var upload = await varve.FindUpload(id, cancel);
        return
            upload.Initiated is { } initiated
            && (initiated.Bucket, initiated.Key) == (request.Bucket, request.Key)
            && initiated.At >= request.Place!.Bucket.CreatedAt // an earlier bucket of this name was perhaps another's
            && initiated.Plan is null // REST's have their own rules, and are finished there
            ? upload
            : throw new RejectedException(ErrorCode.NoSuchUpload);
    }

    /// <summary>Takes parts.</summary>
    /// <exception cref="RejectedException">NoSuchUpload.</exception>
    public static async ValueTask<Upload> FindOpen(S3Request request, Backend varve, CancellationToken cancel)
    {
        var upload = await Find(request, varve, cancel);
        return upload.Status == UploadStatus.Open ? upload : throw new RejectedException(ErrorCode.NoSuchUpload);
    }

    /// <summary>Of its parts; null where the client asked for none.</summary>
    public static ChecksumAlgorithm? AlgorithmOf(Upload upload) =>
        upload.Initiated?.ChecksumAlgorithm is { } name ? ExpectedChecksum.ParseName(name) : null;
}
