using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Varve.Domain.Objects;

namespace Varve.Domain.Uploads;

public enum UploadStatus
{
    None,
    Open,
    Completed,
    Cancelled,
    Expired,
}

/// <summary>A multipart session: parts in, one object out. What is not open stays as it is for ever.</summary>
public sealed record Upload(
    UploadStatus Status,
    UploadEvent.Initiated? Initiated,
    ImmutableSortedDictionary<int, UploadEvent.PartUploaded> Parts,
    UploadEvent.Completed? Completed
)
{
    public const int PartsMax = 10_000;
    public const long PartSizeMax = 5L * 1024 * 1024 * 1024;

    /// <summary>Every part but the last has at least so many bytes.</summary>
    public const long PartSizeLeast = 5 * 1024 * 1024;

    public static readonly Decider<Upload, UploadCommand, UploadEvent> Decider = new(
        new Upload(UploadStatus.None, null, ImmutableSortedDictionary<int, UploadEvent.PartUploaded>.Empty, null),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    public static string StreamOf(string uploadId) => $"upload-{uploadId}";

    /// <summary>The ETag of the whole: MD5 of the parts' MD5s, and how many they are; of no parts, MD5 of nothing.
    /// </summary>
    public static string ETagOf(ImmutableArray<UploadEvent.PartUploaded> parts)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var part in parts)
            md5.AppendData(Convert.FromHexString(part.ETag));
        var hash = Convert.ToHexStringLower(md5.GetHashAndReset());
        return parts.IsEmpty ? hash : $"{hash}-{parts.Length}";
    }

    /// <summary>The parts of which the object was made, in order.</summary>
    public IEnumerable<UploadEvent.PartUploaded> Joined =>
        Parts.Values.Where(part => Completed?.Unused?.Contains(part.Number) != true);

    static Decision<UploadEvent> Decide(Upload upload, UploadCommand command) =>
        (upload.Status, command) switch
        {
            (UploadStatus.None, UploadCommand.Init c)
                when Amendment.RefusalOf(c.Lock, c.Within, c.Context.At) is { } no => no,
            (UploadStatus.None, UploadCommand.Init c) => new UploadEvent.Initiated(
                c.Object.Bucket.Text,
                c.Object.Key.Text,
                c.Context.By,
                c.Attributes,
                c.ChecksumAlgorithm,
                c.ChecksumType,
                c.Plan,
                c.Context.At,
                c.Encryption,
                c.Tags,
                c.Lock
            )
            {
                Acl = c.Acl,
            },
            (_, UploadCommand.Init) => new NoChange(),

            (UploadStatus.Completed, UploadCommand.Complete) => new NoChange(),
            (not UploadStatus.Open, _) => ErrorCode.NoSuchUpload,

            (_, UploadCommand.AddPart c) when upload.Has(c) => new NoChange(),
            (_, UploadCommand.AddPart c) => new UploadEvent.PartUploaded(
                c.Number,
                c.Size,
                c.ETag,
                c.Checksum,
                c.Location,
                c.Context.At,
                c.Salt
            ),

            (_, UploadCommand.Complete c) when c.Parts.Any(part => upload.Replaced(part)) => new Rejection(
                ErrorCode.InvalidPart,
                "A part was uploaded again meanwhile."
            ),
            (_, UploadCommand.Complete c) => new UploadEvent.Completed(
                c.Content.Hash.Hex,
                c.Content.Sha1,
                c.Content.Size,
                c.ETag,
                c.Checksum,
                c.Content.Location,
                upload.Unused(c),
                c.Context.At,
                c.VersionId
            ),
            (_, UploadCommand.Cancel c) => new UploadEvent.Cancelled(c.Context.At),
            (_, UploadCommand.Expire c) => new UploadEvent.Expired(c.Context.At),
            _ => throw new UnreachableException(),
        };

    static Upload Evolve(Upload upload, UploadEvent @event) =>
        @event switch
        {
            UploadEvent.Initiated e => upload with { Status = UploadStatus.Open, Initiated = e },
            UploadEvent.PartUploaded e => upload with { Parts = upload.Parts.SetItem(e.Number, e) },
            UploadEvent.Completed e => upload with { Status = UploadStatus.Completed, Completed = e },
            UploadEvent.Cancelled => upload with { Status = UploadStatus.Cancelled },
            UploadEvent.Expired => upload with { Status = UploadStatus.Expired },
            _ => throw new UnreachableException(),
        };

    bool Has(UploadCommand.AddPart c) =>
        Parts.TryGetValue(c.Number, out var part)
        && (part.Size, part.ETag, part.Checksum) == (c.Size, c.ETag, c.Checksum);

    ImmutableArray<int>? Unused(UploadCommand.Complete c)
    {
        if (c.Parts.Length == Parts.Count)
            return null;
        var used = c.Parts.Select(part => part.Number).ToHashSet();
        return [.. Parts.Keys.Where(number => !used.Contains(number))];
    }

    bool Replaced(UploadEvent.PartUploaded joined) =>
        !Parts.TryGetValue(joined.Number, out var now) || now.Location != joined.Location;
}
