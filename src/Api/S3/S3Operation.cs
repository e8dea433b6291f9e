using System.Collections.Immutable;
using Varve.Api.S3.Protocol;

namespace Varve.Api.S3;

/// <summary>Answers a request that may be answered, by writing the response; or refuses it by a
/// <see cref="Varve.Domain.RejectedException"/> before it has written anything.</summary>
public delegate Task S3Handler(S3Request request, Backend varve, CancellationToken cancel);

/// <summary>Who may ask.</summary>
public enum Access
{
    /// <summary>Whoever has a signature.</summary>
    AnyUser,

    /// <summary>Whom the owner of the bucket, which must be there, lets do it by a policy or a list: nobody but the
    /// owner and root, where there is neither.</summary>
    Permitted,
}

/// <summary>What a target names.</summary>
public enum S3Level
{
    Service,
    Bucket,
    Object,
}

/// <param name="Value">That it must have; null for any.</param>
public readonly record struct QueryMark(string Name, string? Value);

/// <summary>One row of the table of operations.</summary>
/// <param name="Name">AWS's.</param>
/// <param name="RequestLine">In AWS's notation, such as <c>PUT /{bucket}/{key}?partNumber&amp;uploadId</c>: what the
/// query must have, in brackets what it may have, and behind it the headers that must be there.</param>
public sealed record S3Operation(string Name, string RequestLine, Access Access, S3Handler Handle)
{
    /// <summary>Whether a body in chunks is taken.</summary>
    public bool TakesStreams { get; init; }

    public string Method { get; } = RequestLine[..RequestLine.IndexOf(' ')];

    public S3Level Level { get; } =
        RequestLine.Contains("/{key}", StringComparison.Ordinal) ? S3Level.Object
        : RequestLine.Contains("/{bucket}", StringComparison.Ordinal) ? S3Level.Bucket
        : S3Level.Service;

    /// <summary>Looked for in the query only.</summary>
    public ImmutableArray<QueryMark> QueryMarks { get; } =
    [.. QueryOf(RequestLine).Where(word => !IsOption(word)).Select(MarkOf)];

    /// <summary>Parameters that change what the operation does, but may be missing.</summary>
    public ImmutableArray<string> Options { get; } =
    [.. QueryOf(RequestLine).Where(IsOption).Select(word => word[1..^1])];

    /// <summary>Looked for in the headers only: nobody turns a presigned request into another one by a
    /// header.</summary>
    public ImmutableArray<string> HeaderMarks { get; } = [.. RequestLine.Split(' ').Skip(2)];

    /// <summary>The read models that its answer is read from.</summary>
    public ImmutableArray<string> Models { get; } =
        RequestLine.Contains("upload", StringComparison.Ordinal) ? ["buckets", "uploads"]
        : RequestLine.Contains("/{key}", StringComparison.Ordinal)
        || Name.StartsWith("ListObject", StringComparison.Ordinal)
            ? FreshReads.ObjectModels
        : ["buckets"];

    public bool IsSupported => Handle != S3Operations.NotYet;

    public bool Satisfies(S3Query query, IHeaderDictionary headers)
    {
        foreach (var mark in QueryMarks)
            if (query[mark.Name] is not { } value || (mark.Value is not null && mark.Value != value))
                return false;
        foreach (var name in HeaderMarks)
            if (!headers.ContainsKey(name))
                return false;
        return true;
    }

    /// <summary>Whether the operation has anything to do with a parameter.</summary>
    public bool Knows(string parameter)
    {
        foreach (var mark in QueryMarks)
            if (mark.Name == parameter)
                return true;
        return Options.Contains(parameter);
    }

    static string[] QueryOf(string requestLine)
    {
        var target = requestLine.Split(' ')[1];
        var question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? [] : target[(question + 1)..].Split('&');
    }

    static bool IsOption(string word) => word.StartsWith('[');

    static QueryMark MarkOf(string word) =>
        word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? new(word[..at], word[(at + 1)..])
            : new(word, null);
}
