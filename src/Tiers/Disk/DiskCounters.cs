using System.Diagnostics.Metrics;

namespace Varve.Tiers.Disk;

/// <summary>What a tier has done since it was opened.</summary>
/// <param name="Records">Appended to volumes, durably.</param>
/// <param name="VolumeSyncs">Syncs of volumes on behalf of such records.</param>
/// <param name="Files">Contents and parts kept as files of their own.</param>
public readonly record struct DiskStatistics(long Records, long VolumeSyncs, long Files);

/// <summary>Counts for one tier, and for the meter <c>Varve.Tiers</c> of the whole process.</summary>
sealed class DiskCounters
{
    static readonly Meter Meter = new("Varve.Tiers");
    static readonly Counter<long> AllRecords = Meter.CreateCounter<long>("varve.tiers.disk.records", "{record}");
    static readonly Counter<long> AllSyncs = Meter.CreateCounter<long>("varve.tiers.disk.volume_syncs", "{sync}");
    static readonly Counter<long> AllFiles = Meter.CreateCounter<long>("varve.tiers.disk.files", "{file}");

    long records;
    long volumeSyncs;
    long files;

    public DiskStatistics Read() =>
        new(Interlocked.Read(ref records), Interlocked.Read(ref volumeSyncs), Interlocked.Read(ref files));

    public void Committed(int count)
    {
        Interlocked.Add(ref records, count);
        Interlocked.Increment(ref volumeSyncs);
        AllRecords.Add(count);
        AllSyncs.Add(1);
    }

    public void FileKept()
    {
        Interlocked.Increment(ref files);
        AllFiles.Add(1);
    }
}
