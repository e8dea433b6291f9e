using System.Buffers;
using System.Globalization;
using Varve.Api.Http;
using Varve.Domain;
using Varve.Tiers;

namespace Varve.Api.S3.Protocol;

/// <summary>A part as a CompleteMultipartUpload names it.</summary>
/// <param name="ETag">Without quotes.</param>
public sealed record CompletedPart(int Number, string ETag, ExpectedChecksum? Checksum);

/// <param name="ETag">Without quotes; null where the delete does not depend on it, as with what follows.</param>
public sealed record DeletedKey(
    string Key,
    string? VersionId,
    string? ETag,
    DateTimeOffset? LastModified = null,
    long? Size = null
);

/// <param name="Quiet">Answer with what failed only.</param>
public sealed record DeletedKeys(IReadOnlyList<DeletedKey> Keys, bool Quiet);

/// <summary>The documents that S3 requests carry. What we do not know in them is passed over, as AWS does.</summary>
public static class S3Documents
{
    /// <summary>The largest body of XML, in bytes.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>
    /// The largest CompleteMultipartUpload, in bytes: 10,000 parts, each with a SHA-256, take 1.8 MB.
    /// </summary>
    public const int CompleteBytesMax = 4 * 1024 * 1024;

    public const int PartsMax = 10_000;

    public const int DeletedKeysMax = 1_000;

    /// <summary>Reads a small body whole.</summary>
    /// <param name="sizeMax">In bytes.</param>
    /// <exception cref="RejectedException">MaxMessageLengthExceeded, or what <paramref name="body"/>
    /// throws.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadWhole(
        IBodySource body,
        int sizeMax,
        CancellationToken cancel
    )
    {
        var whole = new ArrayBufferWriter<byte>();
        while (true)
        {
            var piece = await body.Next(cancel);
            if (piece.IsEmpty)
                return whole.WrittenMemory;
            if (whole.WrittenCount + piece.Length > sizeMax)
                throw new RejectedException(ErrorCode.MaxMessageLengthExceeded, "Your request was too large.");
            foreach (var segment in piece)
                whole.Write(segment.Span);
        }
    }

    /// <returns>As sent: their order and their numbers are for the upload to judge.</returns>
    /// <exception cref="RejectedException">MalformedXml: no parts, too many, or one without number or ETag;
    /// InvalidRequest for a malformed checksum.</exception>
    public static IReadOnlyList<CompletedPart> CompleteMultipartUpload(ReadOnlyMemory<byte> body)
    {
        var parts = new List<CompletedPart>();
        foreach (var part in S3XmlReader.Read(body, "CompleteMultipartUpload").Children)
        {
            if (part.Name != "Part")
                continue;
            if (parts.Count == PartsMax)
                throw S3XmlReader.Malformed($"More than {PartsMax} parts.");
            var text = part.Required("PartNumber").Trim();
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                throw S3XmlReader.Malformed("A PartNumber is not a number.");
            parts.Add(new(number, ETags.Unquote(part.Required("ETag").Trim()), Checksum(part)));
        }
        return parts.Count > 0 ? parts : throw S3XmlReader.Malformed("You must specify at least one part");
    }

    /// <exception cref="RejectedException">MalformedXml: no keys, more than 1,000, or one without a name.</exception>
    public static DeletedKeys Delete(ReadOnlyMemory<byte> body)
    {
        var document = S3XmlReader.Read(body, "Delete");
        var keys = new List<DeletedKey>();
        foreach (var item in document.Children)
        {
            if (item.Name != "Object")
                continue;
            if (keys.Count == DeletedKeysMax)
                throw S3XmlReader.Malformed($"More than {DeletedKeysMax} keys.");
            var version = item["VersionId"] is { Length: > 0 } id ? id : null;
            var etag = item["ETag"] is { Length: > 0 } tag ? ETags.Unquote(tag.Trim()) : null;
            keys.Add(new(item.Required("Key"), version, etag, Time(item["LastModifiedTime"]), Size(item["Size"])));
        }
        if (keys.Count == 0)
            throw S3XmlReader.Malformed("No keys.");
        return new(keys, document["Quiet"]?.Trim() is "true" or "TRUE" or "True" or "1");
    }

    /// <returns>The LocationConstraint; null where the body is empty, or names none.</returns>
    /// <exception cref="RejectedException">MalformedXml.</exception>
    public static string? CreateBucketConfiguration(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
            return null;
        var location = S3XmlReader.Read(body, "CreateBucketConfiguration")["LocationConstraint"]?.Trim();
        return string.IsNullOrEmpty(location) ? null : location;
    }

    /// <summary>As in HTTP, or as in the rest of S3's XML.</summary>
    static DateTimeOffset? Time(string? text) =>
        string.IsNullOrWhiteSpace(text) ? null
        : HttpDates.Parse(text.Trim()) is { } time ? time
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time) ? time
        : throw S3XmlReader.Malformed("LastModifiedTime.");

    static long? Size(string? text) =>
        string.IsNullOrWhiteSpace(text) ? null
        : long.TryParse(text, CultureInfo.InvariantCulture, out var size) ? size
        : throw S3XmlReader.Malformed("Size.");

    static ExpectedChecksum? Checksum(XmlPart part)
    {
        ExpectedChecksum? found = null;
        foreach (var algorithm in Enum.GetValues<ChecksumAlgorithm>())
            if (part[$"Checksum{ExpectedChecksum.NameOf(algorithm)}"] is { Length: > 0 } text)
                found = found is null
                    ? ExpectedChecksum.Parse(algorithm, text.Trim())
                    : throw S3XmlReader.Malformed("A part has several checksums.");
        return found;
    }
}
