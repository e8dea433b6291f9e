namespace Varve.Api.Http;

/// <summary>Entity tags: quoted wherever they go out, taken with quotes and without wherever they come in.</summary>
public static class ETags
{
    public static string Quote(string etag) => $"\"{etag}\"";

    public static string Unquote(string text) =>
        text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;

    /// <summary>Whether a list such as <c>"a", W/"b"</c> or <c>*</c> names the tag.</summary>
    /// <param name="etag">Without quotes; ours are always strong.</param>
    /// <param name="weakly">Whether <c>W/</c> is passed over (If-None-Match), or never matches (If-Match).</param>
    public static bool Names(string list, string etag, bool weakly)
    {
        foreach (var range in list.AsSpan().Split(','))
        {
            var tag = list.AsSpan(range).Trim();
            if (tag is "*")
                return true;
            if (tag.StartsWith("W/"))
            {
                if (!weakly)
                    continue;
                tag = tag[2..];
            }
            if (tag.Length >= 2 && tag[0] == '"' && tag[^1] == '"')
                tag = tag[1..^1];
            if (tag.SequenceEqual(etag))
                return true;
        }
        return false;
    }
}
