using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Varve.Tiers.Disk;

/// <summary>Memory from which the disk reads by itself (<c>O_DIRECT</c>): it stays where it is, and begins at a
/// multiple of 4,096 bytes. Pooled.</summary>
sealed class AlignedBuffer
{
    const int Alignment = 4096;
    const int PooledMax = 16;

    static readonly ConcurrentQueue<AlignedBuffer> Pool = new();

    readonly byte[] bytes;
    readonly int start;

    AlignedBuffer(int size)
    {
        bytes = GC.AllocateUninitializedArray<byte>(size + Alignment, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0);
        start = (int)(-address & (Alignment - 1));
    }

    public Span<byte> Span => bytes.AsSpan(start, bytes.Length - Alignment);

    /// <summary>Direct writes are whole multiples too.</summary>
    public static int Padded(int length) => (length + Alignment - 1) & -Alignment;

    /// <param name="size">At least so many bytes, padded; the same for all.</param>
    public static AlignedBuffer Rent(int size) =>
        Pool.TryDequeue(out var pooled) ? pooled : new AlignedBuffer(Padded(size));

    public void Return()
    {
        if (Pool.Count < PooledMax)
            Pool.Enqueue(this);
    }
}
