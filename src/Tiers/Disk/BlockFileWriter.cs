using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>
/// Writes a <see cref="BlockFile"/> from pieces of any size, past the page cache where the file system can: a copy into
/// pages that the kernel must first find costs up to as much as all hashes. Not thread-safe.
/// </summary>
sealed class BlockFileWriter : IDisposable
{
    const int WriteBytes = 1024 * 1024;
    const int EndsBytesMax = BlockFile.TableBytes + BlockFile.TrailerBytes;

    readonly SafeFileHandle file;
    readonly AlignedBuffer buffer = AlignedBuffer.Rent(WriteBytes + EndsBytesMax);
    readonly byte[] table = ArrayPool<byte>.Shared.Rent(BlockFile.TableBytes);
    int tableBytes;
    ulong crc;
    int blockFill;
    int buffered;
    long position;

    public BlockFileWriter(SafeFileHandle file)
    {
        this.file = file;
        Posix.BypassCache(file);
    }

    /// <summary>Appends pieces, some of which wait for <see cref="Finish"/>.</summary>
    public void Append(ReadOnlySequence<byte> pieces)
    {
        foreach (var piece in pieces)
            Append(piece.Span);
    }

    /// <summary>Appends the last table and the trailer. May be called again after a failure.</summary>
    public void Finish(long size, ReadOnlySpan<byte> sha256)
    {
        var ends = buffer.Span[buffered..];
        table.AsSpan(0, tableBytes).CopyTo(ends);
        var at = tableBytes;
        if (blockFill > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(ends[at..], (uint)crc);
            at += sizeof(uint);
        }
        BlockFile.WriteTrailer(ends.Slice(at, BlockFile.TrailerBytes), size, sha256);
        var length = buffered + at + BlockFile.TrailerBytes;
        RandomAccess.Write(file, buffer.Span[..AlignedBuffer.Padded(length)], position);
        RandomAccess.SetLength(file, position + length);
    }

    public void Dispose()
    {
        buffer.Return();
        ArrayPool<byte>.Shared.Return(table);
    }

    void Append(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var part = piece[..Math.Min(piece.Length, BlockFile.BlockBytes - blockFill)];
            piece = piece[part.Length..];
            crc = Crc.Crc32C.Append(crc, part);
            Write(part);
            blockFill += part.Length;
            if (blockFill == BlockFile.BlockBytes)
                EndBlock();
        }
    }

    void EndBlock()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(tableBytes), (uint)crc);
        tableBytes += sizeof(uint);
        (crc, blockFill) = (0, 0);
        if (tableBytes < BlockFile.TableBytes)
            return;
        Write(table.AsSpan(0, BlockFile.TableBytes));
        tableBytes = 0;
    }

    /// <param name="bytes">At most to the end of a block or a table: they fit, since all of these are as long.</param>
    void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer.Span[buffered..]);
        buffered += bytes.Length;
        if (buffered < WriteBytes)
            return;
        RandomAccess.Write(file, buffer.Span[..WriteBytes], position);
        position += WriteBytes;
        buffered = 0;
    }
}
