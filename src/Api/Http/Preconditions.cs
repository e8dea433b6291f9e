namespace Varve.Api.Http;

public enum Verdict
{
    Proceed,

    /// <summary>304; only for GET and HEAD.</summary>
    NotModified,

    /// <summary>412.</summary>
    PreconditionFailed,
}

/// <summary>What a request makes itself depend on. Evaluated before Range, which only then counts.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc9110#section-13.2"/>
public sealed record Preconditions(
    string? IfMatch,
    string? IfNoneMatch,
    DateTimeOffset? IfModifiedSince,
    DateTimeOffset? IfUnmodifiedSince
)
{
    public static readonly Preconditions None = new(null, null, null, null);

    /// <param name="prefix">Empty, or <c>x-amz-copy-source-</c> for those of a copy's source.</param>
    public static Preconditions From(IHeaderDictionary headers, string prefix)
    {
        var (match, noneMatch) = ((string?)headers[prefix + "if-match"], (string?)headers[prefix + "if-none-match"]);
        var modified = HttpDates.Parse(headers[prefix + "if-modified-since"]);
        var unmodified = HttpDates.Parse(headers[prefix + "if-unmodified-since"]);
        return match is null && noneMatch is null && modified is null && unmodified is null
            ? None
            : new(match, noneMatch, modified, unmodified);
    }

    /// <summary>In the order of RFC 9110: a tag, where one is given, makes the date beside it count for
    /// nothing.</summary>
    /// <param name="etag">Without quotes; null where there is no such thing.</param>
    /// <param name="lastModified">Compared in whole seconds.</param>
    /// <param name="isRead">GET and HEAD: the answer to what the client already has is 304.</param>
    public Verdict Evaluate(string? etag, DateTimeOffset lastModified, bool isRead)
    {
        var modified = HttpDates.WholeSeconds(lastModified);
        if (IfMatch is not null)
        {
            if (etag is null || !ETags.Names(IfMatch, etag, weakly: false))
                return Verdict.PreconditionFailed;
        }
        else if (IfUnmodifiedSince is { } limit && etag is not null && modified > limit)
            return Verdict.PreconditionFailed;

        var has = IfNoneMatch is not null
            ? etag is not null && ETags.Names(IfNoneMatch, etag, weakly: true)
            : IfModifiedSince is { } since && isRead && etag is not null && modified <= since;
        return !has ? Verdict.Proceed
            : isRead ? Verdict.NotModified
            : Verdict.PreconditionFailed;
    }
}
