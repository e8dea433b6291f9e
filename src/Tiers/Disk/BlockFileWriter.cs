using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>Writes a <see cref="BlockFile"/> from pieces of any size, without copying them. Not thread-safe.</summary>
sealed class BlockFileWriter(SafeFileHandle file) : IDisposable
{
    readonly byte[] table = ArrayPool<byte>.Shared.Rent(BlockFile.TableBytes);
    readonly List<ReadOnlyMemory<byte>> pieces = [];
    int tableBytes;
    ulong crc;
    int blockFill;
    long position;
    long piecesBytes;

    /// <summary>Appends pieces; they are in the file when this returns.</summary>
    public void Append(ReadOnlySequence<byte> sequence)
    {
        foreach (var piece in sequence)
            Append(piece);
        WritePieces();
    }

    /// <summary>Appends the last table and the trailer. May be called again after a failure.</summary>
    public void Finish(long size, ReadOnlySpan<byte> sha256)
    {
        var ends = new byte[tableBytes + sizeof(uint) + BlockFile.TrailerBytes];
        table.AsSpan(0, tableBytes).CopyTo(ends);
        var at = tableBytes;
        if (blockFill > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(ends.AsSpan(at), (uint)crc);
            at += sizeof(uint);
        }
        BlockFile.WriteTrailer(ends.AsSpan(at, BlockFile.TrailerBytes), size, sha256);
        RandomAccess.Write(file, ends.AsSpan(0, at + BlockFile.TrailerBytes), position);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(table);

    void Append(ReadOnlyMemory<byte> piece)
    {
        var from = 0;
        for (var at = 0; at < piece.Length; )
        {
            var bytes = Math.Min(piece.Length - at, BlockFile.BlockBytes - blockFill);
            crc = Crc.Crc32C.Append(crc, piece.Span.Slice(at, bytes));
            at += bytes;
            blockFill += bytes;
            if (blockFill < BlockFile.BlockBytes)
                break;

            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(tableBytes), (uint)crc);
            tableBytes += sizeof(uint);
            (crc, blockFill) = (0, 0);
            if (tableBytes < BlockFile.TableBytes)
                continue;
            Add(piece[from..at]);
            from = at;
            WriteTable();
        }
        Add(piece[from..]);
    }

    void Add(ReadOnlyMemory<byte> piece)
    {
        if (piece.IsEmpty)
            return;
        pieces.Add(piece);
        piecesBytes += piece.Length;
    }

    void WritePieces()
    {
        if (pieces.Count == 1)
            RandomAccess.Write(file, pieces[0].Span, position);
        else if (pieces.Count > 1)
            RandomAccess.Write(file, pieces, position);
        position += piecesBytes;
        piecesBytes = 0;
        pieces.Clear();
    }

    void WriteTable()
    {
        WritePieces();
        RandomAccess.Write(file, table.AsSpan(0, BlockFile.TableBytes), position);
        position += BlockFile.TableBytes;
        tableBytes = 0;
    }
}
