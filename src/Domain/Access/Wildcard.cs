namespace Varve.Domain.Access;

/// <summary>Patterns in which <c>*</c> stands for any characters, and <c>?</c> for one.</summary>
static class Wildcard
{
    /// <summary>Before a character of a pattern that stands for itself alone.</summary>
    public const char Literal = '\0';

    /// <summary>Without recursion and without copies: at worst as many steps as pattern times text.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase)
    {
        var (p, t) = (0, 0);
        var (star, retry) = (-1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, retry) = (p++, t);
            }
            else if (p < pattern.Length && IsOne(pattern, ref p, text[t], ignoreCase))
            {
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++retry;
            }
            else
            {
                return false;
            }
        }
        return !pattern[p..].ContainsAnyExcept('*');
    }

    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAny('*', '?', Literal))
            return text;
        var escaped = new System.Text.StringBuilder(text.Length + 8);
        foreach (var c in text)
            _ = c is '*' or '?' or Literal ? escaped.Append(Literal).Append(c) : escaped.Append(c);
        return escaped.ToString();
    }

    /// <summary>What was escaped, where nothing is a pattern.</summary>
    public static string Unescape(string pattern)
    {
        if (!pattern.Contains(Literal))
            return pattern;
        var text = new System.Text.StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
            text.Append(pattern[i] == Literal && i + 1 < pattern.Length ? pattern[++i] : pattern[i]);
        return text.ToString();
    }

    static bool IsOne(ReadOnlySpan<char> pattern, ref int p, char c, bool ignoreCase)
    {
        var literal = pattern[p] == Literal && p + 1 < pattern.Length;
        var wanted = pattern[literal ? p + 1 : p];
        var fits =
            (wanted == '?' && !literal)
            || wanted == c
            || (ignoreCase && char.ToLowerInvariant(wanted) == char.ToLowerInvariant(c));
        if (fits)
            p += literal ? 2 : 1;
        return fits;
    }
}
