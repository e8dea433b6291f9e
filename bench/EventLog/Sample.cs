using Varve.EventStores;

namespace Varve.EventLog;

/// <summary>Events like those that a small put writes.</summary>
static class Sample
{
    /// <summary>Bytes of an event's data.</summary>
    public const int Size = 300;

    static readonly byte[] Data = System.Text.Encoding.ASCII.GetBytes(
        $"{{\"sample\":\"{new string('x', Size - 13)}\"}}"
    );

    public static ReadOnlySpan<byte> Bytes => Data;

    public static NewEvent New() => new(Guid.CreateVersion7(), "ObjectPut", Data, "{}"u8.ToArray());
}
