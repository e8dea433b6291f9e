namespace Varve.Api.S3.Protocol;

/// <summary>The Content-Encoding that belongs to the object, not to the way in.</summary>
public static class ContentEncodings
{
    /// <summary>
    /// Drops <c>aws-chunked</c>, which is undone when the body is read: browsers can't decode it. The others stay, in
    /// their order.
    /// </summary>
    /// <returns>Null where nothing is left.</returns>
    public static string? ToStore(string? header)
    {
        if (header is null || !header.Contains("aws-chunked", StringComparison.OrdinalIgnoreCase))
            return string.IsNullOrWhiteSpace(header) ? null : header;
        var kept = new List<string>();
        foreach (var token in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (!token.Equals("aws-chunked", StringComparison.OrdinalIgnoreCase))
                kept.Add(token);
        return kept.Count == 0 ? null : string.Join(',', kept);
    }
}
