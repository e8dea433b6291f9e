using Varve.Tiers;
using Varve.Tiers.Disk;
using Varve.Tiers.S3;

namespace Varve.Api.Hosting;

/// <summary>The tiers of this process. Dispose it.</summary>
sealed class OpenedTiers : IAsyncDisposable
{
    readonly IReadOnlyList<IAsyncDisposable> opened;

    OpenedTiers(ITier near, IReadOnlyList<S3Tier> remote, DiskTier? disk)
    {
        IReadOnlyList<ITier> all = disk is null ? remote : [disk, .. remote];
        (Near, Remote, Far) = (near, remote, [.. all.Where(tier => tier != near)]);
        opened = disk is null ? remote : [disk, .. remote];
    }

    /// <summary>Where the bytes of writes go first: <c>Varve:Storage:Primary</c>.</summary>
    public ITier Near { get; }

    /// <summary>Those that are S3 servers.</summary>
    public IReadOnlyList<S3Tier> Remote { get; }

    /// <summary>The others that are set up, and the disk where it has contents of an earlier time. One that is out of
    /// reach does not hold up a start.</summary>
    public IReadOnlyList<ITier> Far { get; }

    /// <exception cref="TierUnavailableException">The primary is out of reach.</exception>
    /// <exception cref="IOException">The disk's folder is in use, or cannot be used.</exception>
    public static async Task<OpenedTiers> Open(
        StorageOptions storage,
        DiskTierOptions disk,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        var remote = storage
            .Tiers.Select(tier => new S3Tier(tier, TimeProvider.System, loggers.CreateLogger<S3Tier>()))
            .ToList();
        try
        {
            var primary = remote.Find(tier => tier.Name == storage.Primary);
            if (primary is not null)
                await primary.Check(cancel);
            var local =
                primary is null || Directory.Exists(disk.Folder)
                    ? DiskTier.Open(disk, loggers.CreateLogger<DiskTier>())
                    : null;
            return new((ITier?)primary ?? local!, remote, local);
        }
        catch
        {
            foreach (var tier in remote)
                await tier.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tier in opened)
            await tier.DisposeAsync();
    }
}
