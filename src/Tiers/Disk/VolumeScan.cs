using Microsoft.Win32.SafeHandles;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>
/// Finds where a volume's records end, after a crash. Reads the volume once, in large pieces: 256 MiB take well under a
/// second. What is no record is stepped over rather than taken for the end: a rotten record in the middle must not cost
/// the acknowledged ones behind it.
/// </summary>
static class VolumeScan
{
    const int WindowBytes = 4 * 1024 * 1024;

    /// <returns>The end of the last whole record; where the zeros begin, a multiple of 64 too.</returns>
    public static (long End, long DirtyTo) FindEnd(SafeFileHandle file, int volume, long length)
    {
        var window = new byte[WindowBytes];
        var (end, dirtyTo) = ((long)VolumeRecord.HeaderBytes, (long)VolumeRecord.HeaderBytes);
        for (var start = end; start < length; )
        {
            var read = Fill(file, window, start, length);
            if (read == 0)
                break;
            var at = 0;
            while (at < read)
            {
                var rest = window.AsSpan(at, read - at);
                var zeros = rest.IndexOfAnyExcept((byte)0);
                if (zeros < 0)
                {
                    at = read;
                    break;
                }
                if (zeros >= VolumeRecord.Alignment)
                {
                    at += zeros & -VolumeRecord.Alignment;
                    continue;
                }
                var step = Step(rest, volume, start + at, length, out var whole);
                if (step > rest.Length && start + read < length)
                    break; // goes on beyond the window
                at += step;
                dirtyTo = start + at;
                if (whole)
                    end = dirtyTo = start + at;
            }
            if (at == 0)
                window = new byte[window.Length * 2]; // one record larger than the window
            start += at;
        }
        return (end, dirtyTo);
    }

    /// <returns>How far the next record may begin.</returns>
    static int Step(ReadOnlySpan<byte> rest, int volume, long offset, long length, out bool whole)
    {
        whole = false;
        if (rest.Length < VolumeRecord.HeaderBytes)
            return VolumeRecord.HeaderBytes;
        if (
            !VolumeRecord.TryRead(rest, volume, offset, out var record)
            || offset + VolumeRecord.HeaderBytes + record.Payload > length
        )
            return VolumeRecord.Alignment;

        var padded = VolumeRecord.Padded(record.Payload);
        if (VolumeRecord.HeaderBytes + record.Payload > rest.Length)
            return padded;
        var payload = rest.Slice(VolumeRecord.HeaderBytes, record.Payload);
        whole = record.Kind == RecordKind.Purged || (uint)Crc.Crc32C.Append(0, payload) == record.Crc;
        return whole ? padded : VolumeRecord.Alignment;
    }

    static int Fill(SafeFileHandle file, byte[] window, long start, long length)
    {
        var wanted = (int)Math.Min(window.Length, length - start);
        var filled = 0;
        while (filled < wanted)
        {
            var read = RandomAccess.Read(file, window.AsSpan(filled, wanted - filled), start + filled);
            if (read == 0)
                break;
            filled += read;
        }
        return filled;
    }
}
