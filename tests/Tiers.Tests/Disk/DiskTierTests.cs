using Microsoft.Extensions.Logging.Abstractions;
using Varve.Tiers.Disk;

namespace Varve.Tiers.Tests.Disk;

/// <summary>A tier in a folder of its own.</summary>
sealed class TempTier : IAsyncDisposable
{
    public TempTier(Func<string, DiskTierOptions> options)
    {
        Options = options(Folder);
        Tier = Open();
    }

    public TempTier()
        : this(folder => new DiskTierOptions { Folder = folder }) { }

    public string Folder { get; } = Directory.CreateTempSubdirectory("varve-tier-").FullName;

    public DiskTierOptions Options { get; }

    public DiskTier Tier { get; private set; }

    public string PathOf(string relative) => Path.Combine(Folder, relative);

    /// <summary>Ends the process, does something to its files, and starts it again.</summary>
    public async Task Restart(Action between)
    {
        await Tier.DisposeAsync();
        between();
        Tier = Open();
    }

    public async ValueTask DisposeAsync()
    {
        await Tier.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    DiskTier Open() => DiskTier.Open(Options, NullLogger<DiskTier>.Instance);
}

public sealed class DiskTierContract : TierContract, IAsyncDisposable
{
    readonly TempTier temp = new();

    protected override ITier Tier => temp.Tier;

    public ValueTask DisposeAsync() => temp.DisposeAsync();
}
