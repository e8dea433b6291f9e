using System.Collections.Immutable;

namespace Varve.Domain.Objects;

/// <summary>S3's words for where an object is to lie. They are kept and told, and change nothing: where bytes lie is
/// the tiers' business.</summary>
public static class StorageClass
{
    /// <summary>The header that carries it, in and out; kept among an object's headers.</summary>
    public const string Header = "x-amz-storage-class";

    /// <summary>What an object is of that names none; never kept.</summary>
    public const string Standard = "STANDARD";

    public static string Of(ImmutableSortedDictionary<string, string>? headers) =>
        headers?.GetValueOrDefault(Header) ?? Standard;

    public static bool IsOne(string name) =>
        name
            is Standard
                or "REDUCED_REDUNDANCY"
                or "STANDARD_IA"
                or "ONEZONE_IA"
                or "INTELLIGENT_TIERING"
                or "GLACIER"
                or "GLACIER_IR"
                or "DEEP_ARCHIVE"
                or "OUTPOSTS"
                or "SNOW"
                or "EXPRESS_ONEZONE";
}
