using System.Globalization;
using System.Text.RegularExpressions;

namespace Varve.Tiers.Disk;

enum DiskPlace
{
    /// <summary><c>disk:volume/000012@4096</c>: a record of a volume.</summary>
    Volume,

    /// <summary><c>disk:segments/000012@4096</c>: a record of a volume that lists a content's segments.</summary>
    Segments,

    /// <summary><c>disk:file/ab/abcd…</c>: a content's own file, named by its SHA-256; where that name was given up,
    /// <c>disk:file/ab/abcd…-0123456789abcdef</c>.</summary>
    File,

    /// <summary><c>disk:part/upload/7-0123456789abcdef</c>: a part's file.</summary>
    Part,
}

/// <summary>A parsed location: once you hold one, it leads nowhere outside of the tier's folder.</summary>
/// <param name="Volume">Number of the volume, 1…; 0 for files.</param>
/// <param name="Offset">Of the record in its volume, in bytes; 0 for files.</param>
/// <param name="Path">Below the tier's folder; empty for records.</param>
readonly partial record struct DiskLocation(DiskPlace Place, int Volume, long Offset, string Path)
{
    public const string TierName = "disk";

    const string VolumeStart = "disk:volume/";
    const string SegmentsStart = "disk:segments/";

    public static DiskLocation Record(DiskPlace place, int volume, long offset) => new(place, volume, offset, "");

    public static DiskLocation OfContent(ReadOnlySpan<byte> sha256)
    {
        var hex = Convert.ToHexStringLower(sha256);
        return new(DiskPlace.File, 0, 0, $"file/{hex.AsSpan(0, 2)}/{hex}");
    }

    /// <param name="random">Tells it from another place of the same content.</param>
    public static DiskLocation OfContent(ReadOnlySpan<byte> sha256, ulong random)
    {
        var own = OfContent(sha256);
        return own with { Path = string.Create(CultureInfo.InvariantCulture, $"{own.Path}-{random:x16}") };
    }

    /// <exception cref="ArgumentException">The id could not be a folder's name.</exception>
    public static DiskLocation OfPart(string uploadId, int number, ulong random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        if (!UploadId().IsMatch(uploadId))
            throw new ArgumentException($"'{uploadId}' is not 1 to 64 of A-Z a-z 0-9 _ -", nameof(uploadId));
        return new(
            DiskPlace.Part,
            0,
            0,
            string.Create(CultureInfo.InvariantCulture, $"part/{uploadId}/{number}-{random:x16}")
        );
    }

    /// <exception cref="ContentDamagedException">Not a location that this tier writes, to the letter.</exception>
    public static DiskLocation Parse(string text)
    {
        if (text.StartsWith(VolumeStart, StringComparison.Ordinal))
            return ParseRecord(DiskPlace.Volume, text, VolumeStart.Length);
        if (text.StartsWith(SegmentsStart, StringComparison.Ordinal))
            return ParseRecord(DiskPlace.Segments, text, SegmentsStart.Length);
        if (ContentFile().IsMatch(text))
            return new(DiskPlace.File, 0, 0, text[5..]);
        if (PartFile().IsMatch(text))
            return new(DiskPlace.Part, 0, 0, text[5..]);
        throw NotOurs(text);
    }

    public override string ToString() =>
        Place switch
        {
            DiskPlace.Volume => string.Create(CultureInfo.InvariantCulture, $"{VolumeStart}{Volume:d6}@{Offset}"),
            DiskPlace.Segments => string.Create(CultureInfo.InvariantCulture, $"{SegmentsStart}{Volume:d6}@{Offset}"),
            _ => $"disk:{Path}",
        };

    static DiskLocation ParseRecord(DiskPlace place, string text, int start)
    {
        var rest = text.AsSpan(start);
        var at = rest.IndexOf('@');
        if (
            at >= 6
            && int.TryParse(rest[..at], NumberStyles.None, CultureInfo.InvariantCulture, out var volume)
            && long.TryParse(rest[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && (at == 6 || rest[0] != '0')
            && (rest[at + 1] != '0' || rest.Length == at + 2)
        )
            return Record(place, volume, offset);
        throw NotOurs(text);
    }

    static ContentDamagedException NotOurs(string text) => new(text, "not a location of this disk");

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex UploadId();

    [GeneratedRegex(@"^disk:file/([0-9a-f]{2})/\1[0-9a-f]{62}(?:-[0-9a-f]{16})?\z")]
    private static partial Regex ContentFile();

    [GeneratedRegex(@"^disk:part/[A-Za-z0-9_-]{1,64}/[1-9][0-9]{0,9}-[0-9a-f]{16}\z")]
    private static partial Regex PartFile();
}
