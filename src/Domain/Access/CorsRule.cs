using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Varve.Domain.Access;

/// <summary>Which pages of other origins a browser lets at a bucket.</summary>
/// <param name="Origins">Each with at most one <c>*</c>.</param>
/// <param name="Methods">GET, PUT, HEAD, POST, DELETE.</param>
/// <param name="Headers">That a request may have; each with at most one <c>*</c>; null for none.</param>
/// <param name="Exposed">Headers of the answer that the page sees.</param>
/// <param name="MaxAgeSeconds">How long a browser may keep the answer to a preflight.</param>
public sealed record CorsRule(
    string? Id,
    ImmutableArray<string> Origins,
    ImmutableArray<string> Methods,
    ImmutableArray<string>? Headers,
    ImmutableArray<string>? Exposed,
    int? MaxAgeSeconds
)
{
    public bool Allows(string origin, string method) =>
        Methods.Contains(method) && Origins.Any(pattern => IsLike(pattern, origin, ignoreCase: false));

    public bool AllowsHeader(string name) =>
        Headers is { } headers && headers.Any(pattern => IsLike(pattern, name, ignoreCase: true));

    /// <summary>Then the answer names no origin, and is the same for all of them.</summary>
    [JsonIgnore]
    public bool IsForAll => Origins.Contains("*");

    /// <summary>A question mark is one, not any character.</summary>
    static bool IsLike(string pattern, string text, bool ignoreCase)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? pattern.Equals(text, comparison)
            : text.Length >= pattern.Length - 1
                && text.AsSpan().StartsWith(pattern.AsSpan(0, star), comparison)
                && text.AsSpan().EndsWith(pattern.AsSpan(star + 1), comparison);
    }
}
