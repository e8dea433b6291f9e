using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Varve.Api.Rest;

/// <summary>Who may ask.</summary>
enum Access
{
    All,
    User,

    /// <summary>A user, whom the operation itself finds out while it reads the body.</summary>
    Inside,
}

/// <summary>What a request's body is.</summary>
enum Body
{
    /// <summary>Parameters, or nothing.</summary>
    Form,

    /// <summary>The bytes of a chunk.</summary>
    Chunk,

    /// <summary>A form with files.</summary>
    Files,
}

/// <summary>One row of the REST contract: it routes, it documents, and a test asks it whether it is there.</summary>
/// <param name="Methods">Such as <c>GET</c> or <c>GET, HEAD</c>.</param>
/// <param name="Parameters">Names; those in brackets may be left out: <c>filehash [filename asof]</c>.</param>
/// <param name="Summary">In a sentence, for the reference page.</param>
/// <param name="Data">What a good answer has: the envelope, a bare type, or a media type for anything else.</param>
sealed record RestOperation(
    string Methods,
    string Path,
    string Parameters,
    string Summary,
    Access Access,
    Body Body,
    object Data,
    Func<RestRequest, CancellationToken, Task<IResult>> Handle
)
{
    public ImmutableArray<string> MethodList { get; } = [.. Methods.Split(", ")];

    /// <summary>Name, and whether it must be given.</summary>
    public ImmutableArray<(string Name, bool Required)> ParameterList { get; } = ParametersOf(Parameters);

    static ImmutableArray<(string, bool)> ParametersOf(string text)
    {
        var bracket = text.IndexOf('[');
        var required = bracket < 0 ? text : text[..bracket];
        var optional = bracket < 0 ? "" : text[bracket..].Trim('[', ']');
        return [.. Names(required).Select(n => (n, true)), .. Names(optional).Select(n => (n, false))];
    }

    static string[] Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What each parameter means, wherever it is used.</summary>
static class RestParameters
{
    public static readonly FrozenDictionary<string, (string Type, string Meaning)> All = new Dictionary<
        string,
        (string, string)
    >
    {
        ["accesskey"] = ("string", "The access key, 20 characters."),
        ["asof"] = ("string", $"The state as of then: {Instant.Formats}"),
        ["auditor"] = ("string", "true or false."),
        ["chunkhash"] = ("string", "SHA-1, SHA-256 or MD5 of the chunk, in hex: checked before the chunk is kept."),
        ["cursor"] = ("string", "From the header x-varve-cursor of the page before."),
        ["email"] = ("string", "At most 255 characters."),
        ["filehash"] = ("string", "SHA-1 of the file, 40 hex digits. fileHash will do as well."),
        ["filename"] = ("string", "A name: 1 to 1,024 bytes of UTF-8; '/' makes folders."),
        ["files"] = ("string", "keep: the files stay, and root alone gets at them. Without it there must be none."),
        ["filesize"] = ("integer", "In bytes, 0 to 5 TiB."),
        ["index"] = ("integer", "Number of the chunk, 1 to ChunkCount."),
        ["limit"] = ("integer", "At most so many, 1 to 1,000."),
        ["name"] = ("string", "The user; the caller, if not given."),
        ["nonce"] = ("string", "From the challenge; good once, for a minute."),
        ["oldname"] = ("string", "Which name is to change; the newest of the content, if not given."),
        ["op"] = ("integer", "0: rename. Anything else is 403."),
        ["password"] = ("string", "6 to 1,024 bytes."),
        ["phone"] = ("string", "11 digits."),
        ["prefix"] = ("string", "Only names that begin so."),
        ["proof"] = (
            "string",
            "Lower-case hex of HMAC-SHA256(key: the nonce's UTF-8 bytes, message: the bytes of the ranges, in order)."
        ),
        ["uploadid"] = ("string", "As init gave it, 32 hex digits."),
        ["username"] = ("string", "3 to 63 of a-z, 0-9, '.' and '-': the name of the user's home bucket as well."),
        ["version"] = ("string", "A version's id, its Revision in the history, or p and its Position."),
    }.ToFrozenDictionary();
}
