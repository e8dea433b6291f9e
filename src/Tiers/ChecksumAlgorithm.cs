namespace Varve.Tiers;

/// <summary>The checksums that an S3 client may send or ask for, beside MD5.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"/>
public enum ChecksumAlgorithm
{
    Crc32,
    Crc32C,
    Crc64Nvme,
    Sha1,
    Sha256,
}
