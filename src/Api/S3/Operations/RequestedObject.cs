using System.Collections.Immutable;
using System.Globalization;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary>What the headers of a request say of the object that it makes.</summary>
static class RequestedObject
{
    const string Amazon = "x-amz-";

    public const string RedirectLocation = "x-amz-website-redirect-location";

    static readonly string[] Kept =
    [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "expires",
        StorageClass.Header,
        RedirectLocation,
    ];

    static readonly string[] RedirectPrefixes = ["/", "http://", "https://"];

    /// <exception cref="RejectedException">NotImplemented for what Varve can't do with an object; MetadataTooLarge,
    /// InvalidStorageClass, InvalidRedirectLocation or InvalidArgument.</exception>
    public static ObjectAttributes Attributes(IHeaderDictionary headers)
    {
        ImmutableSortedDictionary<string, string>.Builder? user = null;
        foreach (var (name, value) in headers)
        {
            if (!name.StartsWith(Amazon, StringComparison.OrdinalIgnoreCase))
                continue;
            if (!name.StartsWith(S3Headers.MetadataPrefix, StringComparison.OrdinalIgnoreCase))
                RefuseUnsupported(name, value.ToString());
            else
                (user ??= ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal))[
                    name[S3Headers.MetadataPrefix.Length..].ToLowerInvariant()
                ] = value.ToString();
        }

        ImmutableSortedDictionary<string, string>.Builder? kept = null;
        foreach (var name in Kept)
            if (headers[name] is { Count: > 0 } value && ValueOf(name, value.ToString()) is { Length: > 0 } text)
                (kept ??= ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal))[name] = text;

        var type = headers.ContentType is { Count: > 0 } contentType ? contentType.ToString() : null;
        var attributes = new ObjectAttributes(type, kept?.ToImmutable(), user?.ToImmutable());
        if (user is not null || kept is not null)
            RefuseTooLarge(attributes);
        return attributes;
    }

    /// <exception cref="RejectedException">NotImplemented.</exception>
    public static void RefuseUnsupported(IHeaderDictionary headers)
    {
        foreach (var (name, value) in headers)
            if (name.StartsWith(Amazon, StringComparison.OrdinalIgnoreCase))
                RefuseUnsupported(name, value.ToString());
    }

    public static WriteCondition Condition(IHeaderDictionary headers)
    {
        var (match, noneMatch) = (headers.IfMatch, headers.IfNoneMatch);
        return match.Count == 0 && noneMatch.Count == 0
            ? WriteCondition.None
            : new(TagOf(match.ToString()), TagOf(noneMatch.ToString()));
    }

    /// <summary>A delete can also depend on when the object was made, and on its size.</summary>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static WriteCondition DeleteCondition(IHeaderDictionary headers)
    {
        const string Time = "x-amz-if-match-last-modified-time";
        const string Size = "x-amz-if-match-size";
        var condition = Condition(headers);
        if (headers[Time] is { Count: > 0 } time)
            condition = condition with { LastModified = HttpDates.Parse(time) ?? throw Invalid(Time) };
        if (headers[Size] is { Count: > 0 } text)
            condition = condition with
            {
                Size = long.TryParse(text, CultureInfo.InvariantCulture, out var size) ? size : throw Invalid(Size),
            };
        return condition;
    }

    /// <summary>A copy takes over what its source has, but for where that lies and where it leads.</summary>
    public static ObjectAttributes Copied(ObjectAttributes source, ObjectAttributes asked)
    {
        var headers = source.Headers ?? ImmutableSortedDictionary<string, string>.Empty;
        foreach (var name in (string[])[StorageClass.Header, RedirectLocation])
            headers = asked.Headers?.GetValueOrDefault(name) is { } value
                ? headers.SetItem(name, value)
                : headers.Remove(name);
        return source with { Headers = headers.IsEmpty ? null : headers };
    }

    /// <summary>Refuses what the command would refuse too, but before any byte has moved.</summary>
    /// <exception cref="RejectedException">NoSuchKey, PreconditionFailed.</exception>
    public static async ValueTask Check(ObjectId id, WriteCondition condition, Backend varve, CancellationToken cancel)
    {
        if (condition == WriteCondition.None)
            return;
        var stored = await varve.Read(StoredObject.Decider, id.Stream, cancel);
        if (stored.RefusalOf(condition) is { } no)
            throw new RejectedException(no);
    }

    static RejectedException Invalid(string name) => new(ErrorCode.InvalidArgument, name);

    static string? TagOf(string header) => header.Length == 0 ? null : ETags.Unquote(header.Trim());

    /// <summary>Refused before the body is read; the command's validator would do it after.</summary>
    static void RefuseTooLarge(ObjectAttributes attributes)
    {
        var result = new AttributesValidator().Validate(attributes);
        if (!result.IsValid)
            throw new RejectedException(CommandValidators.RejectionOf(result.Errors[0]));
    }

    static string? ValueOf(string name, string value) =>
        name switch
        {
            "content-encoding" => ContentEncodings.ToStore(value),
            StorageClass.Header when !StorageClass.IsOne(value) => throw new RejectedException(
                ErrorCode.InvalidStorageClass
            ),
            StorageClass.Header when value == StorageClass.Standard => null,
            RedirectLocation when !RedirectPrefixes.Any(prefix => value.StartsWith(prefix, StringComparison.Ordinal)) =>
                throw new RejectedException(ErrorCode.InvalidRedirectLocation),
            _ => value,
        };

    static void RefuseUnsupported(string name, string value)
    {
        var supported = name.ToLowerInvariant() switch
        {
            var other => other != "x-amz-write-offset-bytes",
        };
        if (!supported)
            throw new RejectedException(ErrorCode.NotImplemented, $"{name}: {value}");
    }
}
