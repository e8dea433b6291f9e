namespace Varve.Api.S3;

/// <summary>Headers that more than one operation reads or writes.</summary>
static class S3Headers
{
    /// <summary>How far the log was; in a request: how far the read models must be.</summary>
    public const string Position = "x-varve-position";

    public const string VersionId = "x-amz-version-id";

    public const string DeleteMarker = "x-amz-delete-marker";

    public const string Tagging = "x-amz-tagging";

    public const string CopySource = "x-amz-copy-source";

    public const string ChecksumAlgorithm = "x-amz-checksum-algorithm";

    public const string ChecksumType = "x-amz-checksum-type";

    public const string MetadataPrefix = "x-amz-meta-";
}
