using System.Buffers;
using System.IO.Pipelines;
using BitFaster.Caching;
using BitFaster.Caching.Lru;
using Microsoft.Win32.SafeHandles;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>Reads records, and checks each whole before a byte of it goes on. Thread-safe.</summary>
sealed class VolumeReader(string folder) : IDisposable
{
    const int OpenVolumesMax = 128;

    // Scoped: a handle that falls out of the cache closes when its last reader is done.
    readonly IScopedCache<int, SafeFileHandle> handles = new ConcurrentLruBuilder<int, SafeFileHandle>()
        .WithCapacity(OpenVolumesMax)
        .AsScopedCache()
        .Build();

    /// <summary>A record with its header, in an array rented from the shared pool.</summary>
    public byte[] Rent(DiskLocation location, RecordKind kind, int payload)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(VolumeRecord.HeaderBytes + payload);
        try
        {
            Read(location, kind, bytes.AsSpan(0, VolumeRecord.HeaderBytes + payload));
            return bytes;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    /// <summary>The payload's length, from the header alone.</summary>
    public int PayloadLength(DiskLocation location, RecordKind kind)
    {
        Span<byte> header = stackalloc byte[VolumeRecord.HeaderBytes];
        return ReadHeader(location, kind, header).Payload;
    }

    /// <summary>Reads and checks header and payload.</summary>
    /// <param name="record">Exactly as long as both.</param>
    public void Read(DiskLocation location, RecordKind kind, Span<byte> record)
    {
        var header = ReadHeader(location, kind, record);
        var payload = record[VolumeRecord.HeaderBytes..];
        if (header.Payload != payload.Length)
            throw Damaged(location, $"{header.Payload} bytes, not {payload.Length}");
        if (header.Crc != (uint)Crc.Crc32C.Append(0, payload))
            throw Damaged(location, "the checksum of the bytes does not match");
    }

    /// <summary>Whether a record, of whatever kind, is there and not purged.</summary>
    public bool Exists(DiskLocation location)
    {
        using var file = OpenForPurge(location);
        Span<byte> header = stackalloc byte[VolumeRecord.HeaderBytes];
        return file is not null && TryReadLive(file, location, header, out _);
    }

    /// <summary>Purges a record: its header says so, its blocks go back to the file system.</summary>
    public void Purge(DiskLocation location)
    {
        using var file = OpenForPurge(location);
        Span<byte> header = stackalloc byte[VolumeRecord.HeaderBytes];
        if (file is null || !TryReadLive(file, location, header, out var payload))
            return;
        VolumeRecord.MarkPurged(header);
        RandomAccess.Write(file, header, location.Offset);
        Posix.SyncData(file); // first the mark, or a crash in between would look like damage
        Posix.Punch(file, location.Offset + VolumeRecord.HeaderBytes, payload);
    }

    public void Dispose() => handles.Clear();

    (RecordKind Kind, int Payload, uint Crc) ReadHeader(DiskLocation location, RecordKind kind, Span<byte> record)
    {
        var read = 0;
        try
        {
            using var handle = handles.ScopedGetOrAdd(location.Volume, number => new(Open(number)));
            read = RandomAccess.Read(handle.Value, record, location.Offset);
            for (int more; read < record.Length; read += more)
            {
                more = RandomAccess.Read(handle.Value, record[read..], location.Offset + read);
                if (more == 0)
                    break;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Damaged(location, "the volume is missing");
        }
        if (read < record.Length)
            throw Damaged(location, "the volume ends before the record does");
        if (!VolumeRecord.TryRead(record, location.Volume, location.Offset, out var header))
            throw Damaged(location, "no record here");
        if (header.Kind != kind)
            throw Damaged(location, $"a record of kind {header.Kind}");
        return header;
    }

    static bool TryReadLive(SafeFileHandle file, DiskLocation location, Span<byte> header, out int payload)
    {
        payload = 0;
        if (
            RandomAccess.Read(file, header, location.Offset) < header.Length
            || !VolumeRecord.TryRead(header, location.Volume, location.Offset, out var record)
        )
            return false;
        payload = record.Payload;
        return record.Kind != RecordKind.Purged;
    }

    SafeFileHandle? OpenForPurge(DiskLocation location)
    {
        var path = VolumeWriter.PathOf(folder, location.Volume);
        return File.Exists(path)
            ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)
            : null;
    }

    SafeFileHandle Open(int number) =>
        File.OpenHandle(
            VolumeWriter.PathOf(folder, number),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            FileOptions.RandomAccess
        );

    static ContentDamagedException Damaged(DiskLocation location, string detail) => new(location.ToString(), detail);
}

/// <summary>A small content.</summary>
sealed class RecordContent(VolumeReader volumes, DiskLocation location, int size) : IContentReader
{
    /// <summary>Up to here a record is read into the writer's own memory: Kestrel's blocks are so large.</summary>
    const int InPlaceMax = 64 * 1024;

    public async ValueTask CopyTo(long offset, long length, PipeWriter output, CancellationToken cancel)
    {
        ContentRange.Check(offset, length, size);
        var bytes = VolumeRecord.HeaderBytes + size;
        if (bytes <= InPlaceMax)
        {
            var memory = output.GetMemory(bytes).Span[..bytes];
            volumes.Read(location, RecordKind.Content, memory);
            memory.Slice(VolumeRecord.HeaderBytes + (int)offset, (int)length).CopyTo(memory);
            output.Advance((int)length);
        }
        else
        {
            var record = volumes.Rent(location, RecordKind.Content, size);
            output.Write(record.AsSpan(VolumeRecord.HeaderBytes + (int)offset, (int)length));
            ArrayPool<byte>.Shared.Return(record);
        }
        await output.FlushAsync(cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
