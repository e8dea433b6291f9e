using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Varve.Tiers.S3;

enum S3Place
{
    /// <summary><c>ceph:userfile/ceph/abcd…</c>: a content by its SHA-256.</summary>
    Content,

    /// <summary><c>ceph:userfile/body/0123…@abcd…~4567…</c>: a body that was sent on before its SHA-256 was known.
    /// </summary>
    Body,

    /// <summary><c>ceph:userfile/part/upload/7-0123456789abcdef@abcd…~4567…</c>: a part of an upload.</summary>
    Part,

    /// <summary><c>ceph:userfile/segments/abcd…</c>: a list of segments, by the SHA-256 of the list.</summary>
    Segments,
}

/// <summary>A parsed location: the object, and the SHA-256 of its bytes, which stands behind an @ where the key does
/// not say it, with their CRC-64/NVME behind a ~.</summary>
readonly partial record struct S3Location(string Tier, string Bucket, S3Place Place, string Key, string Sha256)
{
    /// <summary>Null where it is not known.</summary>
    public ulong? Crc64 { get; init; }

    /// <summary>What the keys of bodies begin with.</summary>
    public const string Bodies = "body/";

    public static S3Location OfContent(S3TierOptions tier, string sha256) =>
        new(tier.Name, tier.Bucket, S3Place.Content, $"{tier.Name}/{sha256}", sha256);

    public static S3Location OfSegments(S3TierOptions tier, string sha256) =>
        new(tier.Name, tier.Bucket, S3Place.Segments, $"segments/{sha256}", sha256);

    /// <param name="key">From <see cref="KeyFor"/>.</param>
    /// <exception cref="ArgumentException">The key is that of another content.</exception>
    public static S3Location OfBody(S3TierOptions tier, string key, string sha256, ulong crc64)
    {
        if (key.StartsWith(Bodies, StringComparison.Ordinal))
            return new(tier.Name, tier.Bucket, S3Place.Body, key, sha256) { Crc64 = crc64 };
        var content = OfContent(tier, sha256);
        return key == content.Key ? content : throw new ArgumentException($"{key} is not for {sha256}.", nameof(key));
    }

    /// <exception cref="ArgumentException">The id could not be a part of a key.</exception>
    public static S3Location OfPart(S3TierOptions tier, string uploadId, int number, string sha256, ulong crc64)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        if (!UploadId().IsMatch(uploadId))
            throw new ArgumentException($"'{uploadId}' is not 1 to 64 of A-Z a-z 0-9 _ -", nameof(uploadId));
        var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var key = string.Create(CultureInfo.InvariantCulture, $"part/{uploadId}/{number}-{random}");
        return new(tier.Name, tier.Bucket, S3Place.Part, key, sha256) { Crc64 = crc64 };
    }

    /// <summary>Where a large body goes: to its content's key where the SHA-256 is known already, else to a key that
    /// nobody has used.</summary>
    public static string KeyFor(S3TierOptions tier, byte[]? sha256) =>
        sha256 is null
            ? Bodies + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))
            : OfContent(tier, Convert.ToHexStringLower(sha256)).Key;

    /// <summary>Whether a key is of a form that this tier writes. A bucket may have others' keys, too.</summary>
    public static bool IsOurs(S3TierOptions tier, string key) =>
        OurKey().Match(key) is { Success: true } match
        && (match.Groups["tier"] is not { Success: true } name || name.Value == tier.Name);

    /// <summary>Where the object is: the location without what stands behind the @.</summary>
    public static string ObjectAt(S3TierOptions tier, string key) => $"{tier.Name}:{tier.Bucket}/{key}";

    /// <exception cref="ContentDamagedException">Not a location that this tier writes, to the letter.</exception>
    public static S3Location Parse(string tier, string text)
    {
        var match = Form().Match(text);
        if (!match.Success || match.Groups["tier"].Value != tier)
            throw new ContentDamagedException(text, $"not a location of {tier}");
        var bucket = match.Groups["bucket"].Value;
        var (key, hash) = (match.Groups["key"].Value, match.Groups["hash"].Value);
        var place = key switch
        {
            _ when key.StartsWith(Bodies, StringComparison.Ordinal) => S3Place.Body,
            _ when key.StartsWith("part/", StringComparison.Ordinal) => S3Place.Part,
            _ when key.StartsWith("segments/", StringComparison.Ordinal) => S3Place.Segments,
            _ => S3Place.Content,
        };
        return new(tier, bucket, place, key, hash.Length > 0 ? hash : key[^64..])
        {
            Crc64 = match.Groups["crc"] is { Success: true, ValueSpan: var crc }
                ? ulong.Parse(crc, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                : null,
        };
    }

    public override string ToString() =>
        Place is S3Place.Content or S3Place.Segments ? $"{Tier}:{Bucket}/{Key}"
        : Crc64 is { } crc ? $"{Tier}:{Bucket}/{Key}@{Sha256}~{crc:x16}"
        : $"{Tier}:{Bucket}/{Key}@{Sha256}";

    [GeneratedRegex(
        @"^(?:(?<tier>(?!segments/)[a-z]+)/[0-9a-f]{64}|segments/[0-9a-f]{64}|body/[0-9a-f]{32}"
            + @"|part/[A-Za-z0-9_-]{1,64}/[1-9][0-9]{0,9}-[0-9a-f]{16})\z"
    )]
    private static partial Regex OurKey();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex UploadId();

    [GeneratedRegex(
        @"^(?<tier>[a-z]+):(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/"
            + @"(?:(?<key>(?:\k<tier>|segments)/[0-9a-f]{64})"
            + @"|(?<key>body/[0-9a-f]{32}|part/[A-Za-z0-9_-]{1,64}/[1-9][0-9]{0,9}-[0-9a-f]{16})"
            + @"@(?<hash>[0-9a-f]{64})(?:~(?<crc>[0-9a-f]{16}))?)\z"
    )]
    private static partial Regex Form();
}
