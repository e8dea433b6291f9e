using Varve.Api.Identity;
using Varve.Projections.Transparency;

namespace Varve.Api.Hosting;

/// <summary>Section <c>Varve:Audit</c>.</summary>
sealed record AuditOptions
{
    /// <summary>The log's name in its checkpoints, such as <c>files.example.com/log</c>. Unset: a name of its own, made
    /// once. A log keeps its name, and its key, for life.</summary>
    public string? Origin { get; init; }

    /// <summary>Where the private key is, or is to be made. Unset: <c>audit/key</c> of the data folder.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Between two checkpoints of a growing log.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="SettingsException">A value is not allowed; the message names its key.</exception>
    public static AuditOptions From(IConfiguration configuration)
    {
        var options = SettingsSection.Read(configuration, "Audit", new AuditOptions());
        return options.Interval < TimeSpan.FromSeconds(1) || options.Interval > TimeSpan.FromDays(1)
                ? throw new SettingsException("Audit:Interval", "00:00:01 to 1.00:00:00")
            : options.Origin is { } origin && !NoteVerifier.IsName(origin)
                ? throw new SettingsException("Audit:Origin", "a name without blanks and plus signs")
            : options;
    }

    /// <summary>The keeper of a data folder's tree.</summary>
    /// <exception cref="SettingsException">The key cannot be had.</exception>
    public TreeKeeper Keeper(DataFolder folder, EventStores.IEventStore events, ILoggerFactory loggers)
    {
        var audit = new AuditFolder(folder.Audit);
        try
        {
            var key = audit.LoadKey(KeyFile, Origin);
            return new(events, audit, key, Interval, TimeProvider.System, loggers.CreateLogger<TreeKeeper>());
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Audit", e.Message);
        }
    }
}
