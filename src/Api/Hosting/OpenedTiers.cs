using Varve.Domain.Contents;
using Varve.Tiers;
using Varve.Tiers.Disk;
using Varve.Tiers.S3;

namespace Varve.Api.Hosting;

/// <summary>The tiers of this process. Dispose it.</summary>
sealed class OpenedTiers : IAsyncDisposable
{
    readonly IReadOnlyList<IAsyncDisposable> opened;

    OpenedTiers(ITier near, IReadOnlyList<ITier> far, IReadOnlyList<IAsyncDisposable> opened) =>
        (Near, Far, this.opened) = (near, far, opened);

    /// <summary>Where the bytes of writes go first: <c>Varve:Storage:Primary</c>.</summary>
    public ITier Near { get; }

    /// <summary>The others that are set up. One that is out of reach does not hold up a start.</summary>
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
            if (storage.Primary == StoreTypes.Local)
            {
                var local = DiskTier.Open(disk, loggers.CreateLogger<DiskTier>());
                return new(local, remote, [local, .. remote]);
            }
            var primary = remote.First(tier => tier.Name == storage.Primary);
            await primary.Check(cancel);
            return new(primary, [.. remote.Where(tier => tier != primary)], remote);
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
