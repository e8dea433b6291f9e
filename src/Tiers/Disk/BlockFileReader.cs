using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>
/// A large content: block by block from the file into the writer's memory, each checked before it goes on. Only the two
/// blocks at a range's ends are read into memory of our own.
/// </summary>
sealed class BlockFileReader : IContentReader
{
    const int FlushBytes = 256 * 1024;
    const int WindowBlocks = 1024;

    readonly SafeFileHandle file;
    readonly string location;
    readonly long size;

    BlockFileReader(SafeFileHandle file, string location, long size) =>
        (this.file, this.location, this.size) = (file, location, size);

    public static BlockFileReader Open(string path, string location, long size)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ContentDamagedException(location, "the file is missing");
        }

        Span<byte> trailer = stackalloc byte[BlockFile.TrailerBytes];
        var length = BlockFile.FileLength(size);
        if (
            RandomAccess.GetLength(file) == length
            && RandomAccess.Read(file, trailer, length - trailer.Length) == trailer.Length
            && BlockFile.TrailerIsRight(trailer, size)
        )
            return new BlockFileReader(file, location, size);
        file.Dispose();
        throw new ContentDamagedException(location, "the file's length or trailer is wrong");
    }

    public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
    {
        ContentRange.Check(offset, length, size);
        var window = ArrayPool<byte>.Shared.Rent(WindowBlocks * sizeof(uint));
        try
        {
            var (windowFrom, windowTo, unflushed) = (0L, 0L, 0);
            for (var end = offset + length; offset < end; )
            {
                var block = offset / BlockFile.BlockBytes;
                if (block >= windowTo)
                    (windowFrom, windowTo) = (block, ReadCrcs(window, block, (end - 1) / BlockFile.BlockBytes));
                var crc = BinaryPrimitives.ReadUInt32LittleEndian(
                    window.AsSpan((int)(block - windowFrom) * sizeof(uint))
                );

                var copied = CopyBlock(block, crc, offset, end, output);
                offset += copied;
                unflushed += copied;
                if (unflushed < FlushBytes && offset < end)
                    continue;
                unflushed = 0;
                var flushed = await output.FlushAsync(cancel);
                if (flushed.IsCompleted)
                    return; // nobody reads any more
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    public ValueTask DisposeAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    int CopyBlock(long block, uint crc, long offset, long end, PipeWriter output)
    {
        var start = block * BlockFile.BlockBytes;
        var bytes = (int)Math.Min(BlockFile.BlockBytes, size - start);
        var from = (int)(offset - start);
        var to = (int)Math.Min(bytes, end - start);
        if (from == 0 && to == bytes)
        {
            Read(output.GetSpan(bytes)[..bytes], block, crc);
            output.Advance(bytes);
            return bytes;
        }

        var edge = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            Read(edge.AsSpan(0, bytes), block, crc);
            output.Write(edge.AsSpan(from..to));
            return to - from;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(edge);
        }
    }

    void Read(Span<byte> bytes, long block, uint crc)
    {
        ReadFully(bytes, BlockFile.OffsetOfBlock(block));
        if ((uint)Crc.Crc32C.Append(0, bytes) != crc)
            throw new ContentDamagedException(location, $"the checksum of block {block} does not match");
    }

    /// <returns>The block after the last whose checksum was read.</returns>
    long ReadCrcs(byte[] window, long block, long last)
    {
        var stripeEnd = (block / BlockFile.StripeBlocks * BlockFile.StripeBlocks) + BlockFile.StripeBlocks;
        var to = Math.Min(Math.Min(block + WindowBlocks, stripeEnd), last + 1);
        ReadFully(window.AsSpan(0, (int)(to - block) * sizeof(uint)), BlockFile.OffsetOfCrc(block, size));
        return to;
    }

    void ReadFully(Span<byte> bytes, long offset)
    {
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
                throw new ContentDamagedException(location, "the file ends too early");
            bytes = bytes[read..];
            offset += read;
        }
    }
}
