using System.Globalization;
using Varve.Domain;

namespace Varve.Api.Http;

/// <summary>A part of a representation.</summary>
/// <param name="Offset">In bytes.</param>
/// <param name="Length">In bytes, at least one.</param>
public readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>What Content-Range says of it.</summary>
    /// <param name="size">Of the whole, in bytes.</param>
    public string ContentRange(long size) =>
        string.Create(CultureInfo.InvariantCulture, $"bytes {Offset}-{Offset + Length - 1}/{size}");

    /// <returns>Null for the whole: no Range, several ranges, another unit, or a malformed one, all of which RFC 9110
    /// lets a server pass over, as S3 does.</returns>
    /// <exception cref="RejectedException">InvalidRange: it begins behind the end, or asks for the last 0
    /// bytes.</exception>
    public static ByteRange? Parse(string? header, long size)
    {
        const string Unit = "bytes=";
        if (header is null || !header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            return null;
        var range = header.AsSpan(Unit.Length).Trim();
        var dash = range.IndexOf('-');
        if (dash < 0)
            return null;

        var from = range[..dash].Trim();
        var to = range[(dash + 1)..].Trim();
        if (from.IsEmpty)
            return TryParse(to, out var suffix) ? Suffix(suffix, size) : null;
        if (!TryParse(from, out var first))
            return null;
        var last = long.MaxValue;
        if (!to.IsEmpty && (!TryParse(to, out last) || last < first))
            return null;
        if (first >= size)
            throw Unsatisfiable();
        return new(first, Math.Min(last, size - 1) - first + 1);
    }

    /// <summary>Whether If-Range lets the Range count: it does if the client's copy is of this very state.</summary>
    /// <param name="ifRange">A tag or a date; null where the request has none.</param>
    /// <param name="etag">Without quotes.</param>
    public static bool Applies(string? ifRange, string etag, DateTimeOffset lastModified) =>
        string.IsNullOrEmpty(ifRange)
        || (
            HttpDates.Parse(ifRange) is { } time
                ? HttpDates.WholeSeconds(lastModified) == time
                : ETags.Names(ifRange, etag, weakly: false)
        );

    static ByteRange Suffix(long length, long size)
    {
        if (length == 0 || size == 0)
            throw Unsatisfiable();
        var taken = Math.Min(length, size);
        return new(size - taken, taken);
    }

    /// <summary>Digits only; a number beyond all sizes counts as the largest.</summary>
    static bool TryParse(ReadOnlySpan<char> digits, out long value)
    {
        value = long.MaxValue;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return false;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
            value = long.MaxValue;
        return true;
    }

    static RejectedException Unsatisfiable() => new(ErrorCode.InvalidRange, "The requested range is not satisfiable");
}
