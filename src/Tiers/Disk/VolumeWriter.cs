using Microsoft.Win32.SafeHandles;

namespace Varve.Tiers.Disk;

/// <summary>The end of the newest volume: appends records, and syncs them. Only the committer touches it.</summary>
sealed class VolumeWriter : IDisposable
{
    static readonly byte[] Zeros = new byte[1024 * 1024];

    readonly SafeFileHandle file;
    readonly DiskTierOptions options;
    readonly byte[] gathered = new byte[1024 * 1024];
    int gatheredBytes;
    long end;
    long filledTo;

    VolumeWriter(SafeFileHandle file, int number, long end, long filledTo, DiskTierOptions options)
    {
        (this.file, Number, this.end, this.filledTo, this.options) = (file, number, end, filledTo, options);
    }

    public int Number { get; }

    public static string PathOf(string folder, int number) => Path.Combine(folder, $"{number:d6}.vol");

    /// <summary>A new and empty volume, on stable storage with its name.</summary>
    public static VolumeWriter Create(string folder, int number, DiskTierOptions options)
    {
        var path = PathOf(folder, number);
        var file = File.OpenHandle(
            path,
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete
        );
        try
        {
            WriteHeader(file, number);
            var volume = new VolumeWriter(file, number, VolumeRecord.HeaderBytes, VolumeRecord.HeaderBytes, options);
            volume.FillTo(options.VolumeStep);
            Posix.SyncData(file);
            Posix.SyncFolder(folder);
            return volume;
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>
    /// Goes on with the volume that was newest when the process ended, behind everything that was ever written there:
    /// an unfinished write stays where it is, no reader knows of it. Were its place used again, a location whose record
    /// has rotted could one day show another content.
    /// </summary>
    /// <param name="unfinished">Bytes behind the last whole record that are stepped over.</param>
    public static VolumeWriter Recover(string folder, int number, DiskTierOptions options, out long unfinished)
    {
        var path = PathOf(folder, number);
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var length = RandomAccess.GetLength(file);
            var (end, dirtyTo) = VolumeScan.FindEnd(file, number, length);
            unfinished = Math.Max(0, dirtyTo - end);
            WriteHeader(file, number); // it may be what was unfinished
            Posix.SyncData(file);
            return new VolumeWriter(file, number, Math.Max(end, dirtyTo), length, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether so many bytes may still be appended. An empty volume takes a record of any size.</summary>
    public bool Fits(int bytes) => end + bytes <= options.VolumeSizeMax || end == VolumeRecord.HeaderBytes;

    /// <summary>Appends a sealed record: it is in the file after <see cref="Sync"/> only.</summary>
    /// <returns>Its offset.</returns>
    public long Append(Span<byte> record)
    {
        var offset = end;
        VolumeRecord.Place(record[..VolumeRecord.HeaderBytes], Number, offset);
        if (offset + record.Length > filledTo)
            FillTo(offset + record.Length + options.VolumeStep);
        if (gatheredBytes + record.Length > gathered.Length)
            WriteGathered();

        if (record.Length > gathered.Length / 4)
        {
            WriteGathered();
            RandomAccess.Write(file, record, offset);
        }
        else
        {
            record.CopyTo(gathered.AsSpan(gatheredBytes));
            gatheredBytes += record.Length;
        }
        end += record.Length;
        return offset;
    }

    public void Sync()
    {
        WriteGathered();
        Posix.SyncData(file);
    }

    public void Dispose() => file.Dispose();

    void WriteGathered()
    {
        if (gatheredBytes > 0)
            RandomAccess.Write(file, gathered.AsSpan(0, gatheredBytes), end - gatheredBytes);
        gatheredBytes = 0;
    }

    void FillTo(long offset)
    {
        while (filledTo < offset)
        {
            var bytes = (int)Math.Min(Zeros.Length, offset - filledTo);
            RandomAccess.Write(file, Zeros.AsSpan(0, bytes), filledTo);
            filledTo += bytes;
        }
    }

    static void WriteHeader(SafeFileHandle file, int number)
    {
        Span<byte> header = stackalloc byte[VolumeRecord.HeaderBytes];
        VolumeRecord.WriteVolumeHeader(header, number);
        RandomAccess.Write(file, header, 0);
    }
}
