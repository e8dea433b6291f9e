using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Varve.Tiers.Disk;

/// <summary>A small body in memory, behind the room for its record's header.</summary>
sealed class SmallContent(byte[] record) : StagedContent
{
    byte[]? record = record;

    /// <summary>The sealed record, but for its place.</summary>
    public Memory<byte> Seal()
    {
        ObjectDisposedException.ThrowIf(record is null, this);
        VolumeRecord.Seal(record, RecordKind.Content, (int)Size, Sha256);
        return record.AsMemory(0, VolumeRecord.Padded((int)Size));
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref record, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A large body in a temporary file.</summary>
sealed class LargeContent(UnfinishedFile file) : StagedContent
{
    DiskLocation? keptAt;

    /// <summary>Makes the file durable and gives it its name: trailer, sync, rename, sync of the folders.</summary>
    public DiskLocation Keep(DiskLocation target, DiskFolders folders)
    {
        if (keptAt is { } kept)
            return kept;
        file.Finish(Size, Sha256);
        folders.Publish(file.Path, target);
        keptAt = target;
        return target;
    }

    public override ValueTask DisposeAsync()
    {
        file.Dispose();
        if (keptAt is null)
            File.Delete(file.Path);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A file in <c>tmp/</c> that is being written.</summary>
sealed class UnfinishedFile : IDisposable
{
    readonly SafeFileHandle file;
    readonly BlockFileWriter writer;

    public UnfinishedFile(string path)
    {
        Path = path;
        file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        writer = new BlockFileWriter(file);
    }

    public string Path { get; }

    public void Append(ReadOnlySequence<byte> pieces) => writer.Append(pieces);

    public void Finish(long size, ReadOnlySpan<byte> sha256)
    {
        writer.Finish(size, sha256);
        Posix.SyncData(file);
    }

    public void Dispose()
    {
        if (file.IsClosed)
            return;
        file.Dispose();
        writer.Dispose();
    }
}
