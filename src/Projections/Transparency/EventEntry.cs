using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Varve.EventStores;

namespace Varve.Projections.Transparency;

/// <summary>
/// What the tree holds of an event: its position, and a commitment to all else. The commitment is the SHA-256 of, one
/// behind the other, numbers big-endian:
/// <code>
/// id          16 bytes
/// revision    8 bytes
/// created     8 bytes, in 100 ns since 1970-01-01 UTC
/// stream      4 bytes length, UTF-8
/// type        4 bytes length, UTF-8
/// data        4 bytes length, bytes
/// metadata    4 bytes length, bytes
/// </code>
/// The id comes first and is nowhere else in the tree: it derives from a command's random id, so who does not have the
/// event cannot find it by trying what may be in it.
/// </summary>
public static class EventEntry
{
    /// <summary>First line of every entry.</summary>
    public const string Version = "varve-event/v1";

    /// <summary>Varve's own streams: the log may hold others. Another prefix may be added only while no log has a
    /// stream that begins so, else trees built before and after it differ.</summary>
    public static readonly IReadOnlyList<string> StreamPrefixes =
    [
        "bucket-",
        "command-",
        "content-",
        "object-",
        "projection-",
        "upload-",
        "user-",
    ];

    /// <summary>Three lines: the version, the position, the commitment in base64.</summary>
    public static byte[] Of(RecordedEvent recorded)
    {
        Span<byte> commitment = stackalloc byte[SHA256.HashSizeInBytes];
        Commit(recorded, commitment);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Version}\n{recorded.Position.Value}\n{Convert.ToBase64String(commitment)}\n"
        );
        return Encoding.ASCII.GetBytes(text);
    }

    /// <exception cref="FormatException">Not an entry.</exception>
    public static Position PositionOf(ReadOnlySpan<byte> entry) =>
        Encoding.UTF8.GetString(entry).Split('\n') is [Version, var position, _, ""]
            ? new(Checkpoint.ParseSize(position))
            : throw new FormatException("Not the entry of an event.");

    static void Commit(RecordedEvent recorded, Span<byte> commitment)
    {
        var most = 48 + Encoding.UTF8.GetMaxByteCount(recorded.Stream.Length + recorded.Type.Length);
        var rented = ArrayPool<byte>.Shared.Rent(most + recorded.Data.Length + recorded.Metadata.Length);
        try
        {
            var rest = rented.AsSpan();
            recorded.Id.TryWriteBytes(rest, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(rest[16..], recorded.Revision);
            var created = recorded.Created.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
            BinaryPrimitives.WriteInt64BigEndian(rest[24..], created);
            rest = rest[32..];
            Write(recorded.Stream, ref rest);
            Write(recorded.Type, ref rest);
            Write(recorded.Data.Span, ref rest);
            Write(recorded.Metadata.Span, ref rest);
            SHA256.HashData(rented.AsSpan(0, rented.Length - rest.Length), commitment);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    static void Write(string text, ref Span<byte> rest)
    {
        var length = Encoding.UTF8.GetBytes(text, rest[4..]);
        BinaryPrimitives.WriteInt32BigEndian(rest, length);
        rest = rest[(4 + length)..];
    }

    static void Write(ReadOnlySpan<byte> bytes, ref Span<byte> rest)
    {
        BinaryPrimitives.WriteInt32BigEndian(rest, bytes.Length);
        bytes.CopyTo(rest[4..]);
        rest = rest[(4 + bytes.Length)..];
    }
}
