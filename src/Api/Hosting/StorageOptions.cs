using Varve.Api.Identity;
using Varve.Domain.Contents;

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
    /// <summary>Tiers that every content is to be in, besides this machine: <c>ceph,oss</c>. Unset: none.</summary>
    public string Copies { get; init; } = "";

    public StorageMode Mode { get; init; } = StorageMode.Async;

    /// <summary>More bytes than this on the local disk, and the oldest that another tier has go. Unset: no
    /// bound.</summary>
    public long? LocalMaxBytes { get; init; }

    /// <summary>What is older on the local disk and in another tier goes. Unset: it stays.</summary>
    public TimeSpan? LocalKeep { get; init; }

    /// <summary>The broker, such as <c>amqp://guest:guest@127.0.0.1:5672/</c>: <c>Varve:RabbitMq</c>. Null: transfers
    /// wait in a file of the data folder.</summary>
    public Uri? RabbitMq { get; init; }

    public ScrubOptions Scrub { get; init; } = new();

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
        };
        if (options.Policy.FirstOrDefault(tier => StoreTypes.Of(tier) is null or StoreType.Local) is { } other)
            throw new SettingsException("Storage:Copies", $"'{other}' is neither ceph nor oss.");
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
