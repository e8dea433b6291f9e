namespace Varve.Domain.Buckets;

/// <summary>What a bucket may hold: all versions of its objects.</summary>
/// <param name="Bytes">At least 1; null for no bound.</param>
/// <param name="Objects">Versions, at least 1; null for no bound.</param>
public sealed record BucketQuota(long? Bytes, long? Objects);
