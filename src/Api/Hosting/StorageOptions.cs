using Varve.Api.Identity;
using Varve.Domain.Contents;
using Varve.Tiers.S3;

namespace Varve.Api.Hosting;

/// <summary>When a write of new bytes is answered.</summary>
enum StorageMode
{
    /// <summary>When they are on this machine's stable storage; they are copied afterwards.</summary>
    Async,

    /// <summary>When the first of the other tiers has them, too.</summary>
    Sync,
}

/// <summary>Where contents are to be. Sections <c>Varve:Storage</c> and <c>Varve:Scrub</c>.</summary>
sealed record StorageOptions
{
    /// <summary>Where the bytes of writes go first: <c>disk</c> (this machine), <c>ceph</c> or <c>oss</c>.</summary>
    public string Primary { get; init; } = StoreTypes.Local;

    /// <summary>Tiers that every content is to be in, besides the primary: <c>ceph,oss</c>. Unset: none.</summary>
    public string Copies { get; init; } = "";

    public StorageMode Mode { get; init; } = StorageMode.Async;

    /// <summary>More bytes than this on the local disk, and the oldest that another tier has go. Unset: no
    /// bound.</summary>
    public long? LocalMaxBytes { get; init; }

    /// <summary>What is older on the local disk and in another tier goes. Unset: it stays.</summary>
    public TimeSpan? LocalKeep { get; init; }

    /// <summary>Whether objects of S3 tiers that the log does not name are deleted: only if their buckets are this
    /// Varve's alone.</summary>
    public bool SweepLeftovers { get; init; }

    /// <summary>The broker, such as <c>amqp://guest:guest@127.0.0.1:5672/</c>: <c>Varve:RabbitMq</c>. Null: transfers
    /// wait in a file of the data folder.</summary>
    public Uri? RabbitMq { get; init; }

    public ScrubOptions Scrub { get; init; } = new();

    /// <summary>The tiers that are set up besides this machine's disk: <c>Varve:Tiers</c>.</summary>
    public IReadOnlyList<S3TierOptions> Tiers { get; init; } = [];

    /// <summary>The tiers of <see cref="Copies"/>.</summary>
    public IReadOnlyList<string> Policy =>
        Copies.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="SettingsException">A value is not allowed; the message names its key.</exception>
    public static StorageOptions From(IConfiguration configuration)
    {
        var options = SettingsSection.Read(configuration, "Storage", new StorageOptions()) with
        {
            RabbitMq = BrokerOf(configuration["Varve:RabbitMq"]),
            Scrub = SettingsSection.Read(configuration, "Scrub", new ScrubOptions()),
            Tiers = TierOptions.From(configuration),
        };
        if (options.Primary != StoreTypes.Local && !options.IsSetUp(options.Primary))
            throw new SettingsException("Storage:Primary", NotSetUp(options.Primary));
        if (options.Policy.FirstOrDefault(tier => StoreTypes.Of(tier) is null or StoreType.Local) is { } other)
            throw new SettingsException("Storage:Copies", $"'{other}' is neither ceph nor oss.");
        if (options.Policy.Contains(options.Primary))
            throw new SettingsException("Storage:Copies", $"'{options.Primary}' is the primary.");
        if (options.Policy.FirstOrDefault(tier => !options.IsSetUp(tier)) is { } missing)
            throw new SettingsException("Storage:Copies", NotSetUp(missing));
        if (options.Policy.Distinct().Count() < options.Policy.Count)
            throw new SettingsException("Storage:Copies", "a tier comes twice.");
        if (options.Mode == StorageMode.Sync && options.Policy.Count == 0)
            throw new SettingsException("Storage:Mode", "sync waits for another tier: name one in Storage:Copies.");
        if (options.LocalMaxBytes < 0)
            throw new SettingsException("Storage:LocalMaxBytes", "a number of bytes.");
        if (options.LocalKeep < TimeSpan.Zero)
            throw new SettingsException("Storage:LocalKeep", "a time such as 30.00:00:00.");
        if (options.Scrub.MiBPerSecond is < 1 or > 100_000)
            throw new SettingsException("Scrub:MiBPerSecond", "1 to 100000");
        if (options.Scrub.Days is < 0 or > 3650)
            throw new SettingsException("Scrub:Days", "0 (only when it is asked for) to 3650");
        return options;
    }

    /// <returns>Why nothing can be written, of how the tiers are; null if it can.</returns>
    public string? Missed(IReadOnlyList<TierState> tiers)
    {
        if (tiers.FirstOrDefault(tier => tier.Name == Primary)?.Fault is { } fault)
            return fault;
        var down = tiers.Where(tier => tier.Fault is not null && Policy.Contains(tier.Name)).ToList();
        return Mode == StorageMode.Sync && down.Count == Policy.Count ? down[^1].Fault : null;
    }

    bool IsSetUp(string tier) => Tiers.Any(one => one.Name == tier);

    static string NotSetUp(string tier) =>
        StoreTypes.Of(tier) is null
            ? $"'{tier}' is none of disk, ceph, oss."
            : $"'{tier}' is not set up: set Varve:Tiers:{tier}:Endpoint, AccessKey and SecretKey.";

    /// <summary>A location on a disk does not say whose: another process would take its bytes for lost.</summary>
    /// <param name="roles">Of this process; where it does not do everything, there are others.</param>
    /// <exception cref="SettingsException">The bytes would be on this machine's disk.</exception>
    public void CheckFor(Roles roles)
    {
        var alone = (roles & Roles.All) is Roles.All;
        var touches = (roles & (Roles.Api | Roles.Worker)) != 0;
        if (!alone && touches && Primary == StoreTypes.Local)
            throw new SettingsException(
                "Storage:Primary",
                "other processes can't read this machine's disk: set it to ceph or oss, which all share."
            );
    }

    static Uri? BrokerOf(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "amqp" or "amqps" ? url
        : throw new SettingsException("RabbitMq", "it is not like amqp://guest:guest@127.0.0.1:5672/");
}

/// <summary>How the local contents are read again. Section <c>Varve:Scrub</c>.</summary>
sealed record ScrubOptions
{
    /// <summary>Bound of what is read.</summary>
    public int MiBPerSecond { get; init; } = 20;

    /// <summary>From the beginning of one pass to the next; 0: only when it is asked for.</summary>
    public int Days { get; init; } = 30;
}
