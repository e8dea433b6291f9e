using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Varve.Api.Identity;

namespace Varve.Api.Rest;

/// <summary>How the REST contract wraps an answer, and every error.</summary>
/// <param name="Code">0 if all is well; else what the contract's table says, or the HTTP status.</param>
public sealed record Envelope<TData>(
    [property: JsonPropertyName("code")] int Code,
    [property: JsonPropertyName("msg")] string Msg,
    [property: JsonPropertyName("data")] TData? Data
);

public sealed record SignInData(string Username, string Token, string Location);

public sealed record UserInfo(
    string Username,
    string? Email,
    string? Phone,
    string? SignupAt,
    string? LastActive,
    string HomeBucket,
    bool Root
);

public sealed record KeyInfo(string AccessKey, string CreatedAt);

/// <param name="UploadAt">UTC, <c>yyyy-MM-dd HH:mm:ss</c>.</param>
public sealed record FileMeta(string FileSha1, string FileName, long FileSize, string Location, string UploadAt);

public sealed record UserFile(
    string UserName,
    string FileHash,
    string FileName,
    long FileSize,
    string UploadAt,
    string LastUpdated
);

/// <param name="Position">In the whole log.</param>
/// <param name="Revision">Of the name's own stream, 0-based.</param>
/// <param name="FileHash">SHA-1; null where the file had no content then.</param>
public sealed record FileEvent(
    long Position,
    long Revision,
    string Type,
    string At,
    string By,
    string FileName,
    string? FileHash,
    long? FileSize,
    string Detail
);

public sealed record ProofRange(long Offset, long Length);

/// <param name="Nonce">Key of the HMAC, as UTF-8; good once, for a short while.</param>
public sealed record ProofChallenge(string Nonce, IReadOnlyList<ProofRange> Ranges);

/// <param name="UploadID">Null where the file is there without an upload.</param>
/// <param name="ChunkExists">Chunk numbers, ascending, 1-based.</param>
/// <param name="Instant">The caller holds this content already: nothing is to be uploaded.</param>
public sealed record UploadBegun(
    string FileHash,
    long FileSize,
    string? UploadID,
    long ChunkSize,
    int ChunkCount,
    IReadOnlyList<int> ChunkExists,
    bool Instant
);

/// <param name="Status">Open, Completed, Cancelled or Expired.</param>
public sealed record UploadState(
    string UploadID,
    string FileHash,
    long FileSize,
    long ChunkSize,
    int ChunkCount,
    IReadOnlyList<int> Chunks,
    string Status
);

static class Wire
{
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>To the millisecond, for a history in which several events share a second.</summary>
    public static string PreciseTime(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
}

/// <summary>Field names go out as they are declared.</summary>
[JsonSerializable(typeof(Envelope<string>))]
[JsonSerializable(typeof(Envelope<SignInData>))]
[JsonSerializable(typeof(Envelope<UserInfo>))]
[JsonSerializable(typeof(Envelope<NewAccessKey>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<KeyInfo>>))]
[JsonSerializable(typeof(Envelope<FileMeta>))]
[JsonSerializable(typeof(Envelope<ProofChallenge>))]
[JsonSerializable(typeof(Envelope<UploadBegun>))]
[JsonSerializable(typeof(Envelope<UploadState>))]
[JsonSerializable(typeof(FileMeta))]
[JsonSerializable(typeof(IReadOnlyList<FileMeta>))]
[JsonSerializable(typeof(IReadOnlyList<UserFile>))]
[JsonSerializable(typeof(IReadOnlyList<FileEvent>))]
sealed partial class RestJson : JsonSerializerContext
{
    /// <summary>Chinese as it is, not as escapes.</summary>
    public static readonly RestJson Readable = new(
        new JsonSerializerOptions { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) }
    );
}
