using System.ComponentModel.DataAnnotations;

namespace Varve.Tiers.Disk;

/// <summary>How contents lie on the local disk. Section <c>Varve:Disk</c>.</summary>
public sealed class DiskTierOptions
{
    /// <summary>The folder that holds everything. One process at a time; made if missing.</summary>
    [Required]
    public required string Folder { get; init; }

    /// <summary>Contents up to this size, in bytes, go into volumes; larger ones are files of their own.</summary>
    [Range(0, 16 * 1024 * 1024)]
    public int SmallSizeMax { get; init; } = 256 * 1024;

    /// <summary>A volume that would grow beyond this, in bytes, is followed by the next.</summary>
    [Range(4096, int.MaxValue)]
    public int VolumeSizeMax { get; init; } = 256 * 1024 * 1024;

    /// <summary>So many bytes of a volume are zero-filled ahead: a sync of blocks already written takes half the time
    /// of one in a growing file.</summary>
    [Range(4096, 64 * 1024 * 1024)]
    public int VolumeStep { get; init; } = 4 * 1024 * 1024;

    /// <summary>The longest that the committer waits for further writers that it knows to be about, in
    /// milliseconds. A lone writer never waits.</summary>
    [Range(0, 100)]
    public int GatherMilliseconds { get; init; } = 10;
}
