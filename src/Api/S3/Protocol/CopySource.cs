using System.Globalization;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>What <c>x-amz-copy-source</c> (or a rename's source) names.</summary>
/// <param name="VersionId">Null for the current version.</param>
public sealed record CopySource(string Bucket, string Key, string? VersionId)
{
    const string VersionMark = "?versionId=";

    /// <summary>
    /// Reads <c>[/]bucket/key[?versionId=id]</c>, percent-encoded. A plus is a plus, as in a path: that is right for
    /// clients that encode it and for those that send the key as it is.
    /// </summary>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static CopySource Parse(string header)
    {
        var path = header.AsSpan();
        string? version = null;
        var mark = path.LastIndexOf(VersionMark);
        if (mark >= 0)
        {
            version = Decode(path[(mark + VersionMark.Length)..]);
            path = path[..mark];
            if (version.Length == 0)
                throw Invalid("Version id cannot be the empty string");
        }
        var source = Decode(path);
        if (source.StartsWith('/'))
            source = source[1..];
        var slash = source.IndexOf('/');
        if (slash <= 0 || slash == source.Length - 1)
            throw Invalid("Invalid copy source object key");
        return new(source[..slash], source[(slash + 1)..], version);
    }

    /// <summary>Reads <c>x-amz-copy-source-range</c>: closed ranges only, wholly within the source.</summary>
    /// <param name="size">Of the source, in bytes.</param>
    /// <exception cref="RejectedException">InvalidArgument: malformed; InvalidRange: beyond the source.</exception>
    public static (long Offset, long Length) ParseRange(string header, long size)
    {
        const string Unit = "bytes=";
        var dash = header.IndexOf('-');
        if (
            !header.StartsWith(Unit, StringComparison.Ordinal)
            || dash < 0
            || !TryParse(header.AsSpan(Unit.Length, dash - Unit.Length), out var first)
            || !TryParse(header.AsSpan(dash + 1), out var last)
            || last < first
        )
            throw Invalid(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                    + "zero-based offsets of the first and last bytes to copy"
            );
        if (last >= size)
            throw new RejectedException(
                ErrorCode.InvalidRange,
                $"Range specified is not valid for source object of size: {size}"
            );
        return (first, last - first + 1);
    }

    static bool TryParse(ReadOnlySpan<char> text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>A client may send the key's own characters too, so only the escapes are decoded here.</summary>
    internal static string Decode(ReadOnlySpan<char> text)
    {
        try
        {
            return PercentCoding.Decode(PercentCoding.EncodeForeign(text), plusIsSpace: false);
        }
        catch (RejectedException)
        {
            throw Invalid("Invalid copy source encoding.");
        }
    }

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
