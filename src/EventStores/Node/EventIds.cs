using System.Buffers.Binary;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Node;

/// <summary>UUIDs in the protocol's two forms: text, or two big-endian halves.</summary>
static class EventIds
{
    public static UUID ToProtocol(this Guid id, bool asText)
    {
        var uuid = new UUID();
        if (asText)
            uuid.String = id.ToString();
        else
            uuid.Structured = Halves(id);
        return uuid;
    }

    static UUID.Types.Structured Halves(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return new()
        {
            MostSignificantBits = BinaryPrimitives.ReadInt64BigEndian(bytes),
            LeastSignificantBits = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
        };
    }

    /// <returns>Null if there is none, or it is none.</returns>
    public static Guid? ToGuid(this UUID? uuid)
    {
        switch (uuid?.ValueCase)
        {
            case UUID.ValueOneofCase.String:
                return Guid.TryParse(uuid.String, out var id) ? id : null;
            case UUID.ValueOneofCase.Structured:
                Span<byte> bytes = stackalloc byte[16];
                BinaryPrimitives.WriteInt64BigEndian(bytes, uuid.Structured.MostSignificantBits);
                BinaryPrimitives.WriteInt64BigEndian(bytes[8..], uuid.Structured.LeastSignificantBits);
                return new Guid(bytes, bigEndian: true);
            default:
                return null;
        }
    }
}
