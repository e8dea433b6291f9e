using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Projections.Databases;

namespace Varve.Projections.Uploads;

/// <summary>The open uploads and their parts. Tables: <c>sql/sqlite/uploads.sql</c>.</summary>
public sealed class UploadRows : IProjection
{
    internal const string Prefix = "upload-";

    const string InsertUpload = """
        INSERT INTO tbl_upload (
          upload_id, position, bucket, object_key, initiator, initiated_at,
          storage_class, checksum_algorithm, checksum_type,
          file_hash, file_size, chunk_size, chunk_count
        ) VALUES (
          @upload_id, @position, @bucket, @key, @initiator, @initiated_at,
          @storage_class, @checksum_algorithm, @checksum_type,
          @file_hash, @file_size, @chunk_size, @chunk_count
        )
        """;

    const string ReplacePart = """
        REPLACE INTO tbl_upload_part (upload_id, number, size, etag, checksum, location, uploaded_at)
        VALUES (@upload_id, @number, @size, @etag, @checksum, @location, @uploaded_at)
        """;

    const string DeleteUpload = "DELETE FROM tbl_upload WHERE upload_id = @upload_id";
    const string DeleteParts = "DELETE FROM tbl_upload_part WHERE upload_id = @upload_id";

    public string Name => "uploads.v2";

    public IReadOnlyList<string> StreamPrefixes { get; } = [Prefix];

    public IReadOnlyList<Statement> Project(Fact fact)
    {
        var id = IdOf(fact.Stream);
        return fact.Event switch
        {
            UploadEvent.Initiated e => [Initiated(fact, id, e)],
            UploadEvent.PartUploaded e =>
            [
                new(ReplacePart, id, e.Number, e.Size, e.ETag, e.Checksum, e.Location, e.At.UtcTicks),
            ],
            UploadEvent.Completed or UploadEvent.Cancelled or UploadEvent.Expired =>
            [
                new(DeleteUpload, id),
                new(DeleteParts, id),
            ],
            _ => [],
        };
    }

    internal static string IdOf(string stream) => stream[Prefix.Length..];

    static Statement Initiated(Fact fact, string id, UploadEvent.Initiated e) =>
        new(
            InsertUpload,
            [
                .. (object?[])[id, fact.Position, e.Bucket, Columns.Utf8(e.Key), e.Initiator, e.At.UtcTicks],
                e.Attributes.Headers?.GetValueOrDefault(StorageClass.Header),
                e.ChecksumAlgorithm,
                e.ChecksumType,
                .. (object?[])[e.Plan?.FileHash, e.Plan?.FileSize, e.Plan?.ChunkSize, e.Plan?.ChunkCount],
            ]
        );
}
