using System.Buffers;

namespace Varve.Tiers;

/// <summary>A body on its way in, read once, piece by piece. Not thread-safe.</summary>
public interface IBodySource
{
    /// <summary>The size that the sender announced, in bytes; null where it did not. Not to be trusted.</summary>
    long? AnnouncedLength { get; }

    /// <summary>
    /// The bytes that came since the last call: at least one, or none at the end of the body. They are valid until
    /// the next call only.
    /// </summary>
    /// <exception cref="Varve.Domain.RejectedException">The framing is broken, a signature is wrong, the body is
    /// shorter or longer than announced.</exception>
    ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel);
}
