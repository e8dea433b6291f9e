using Varve.EventStores;
using Varve.Projections.Transparency;

namespace Varve.Api.Hosting;

/// <summary>
/// A data folder goes with one log: what is derived from that (read models, audit tree, places that workers have
/// reached) is told by its positions. The folder knows the log by its first event, in <c>log.id</c>.
/// </summary>
static class LogIdentity
{
    /// <exception cref="SettingsException">The folder was used with another log.</exception>
    public static async Task Check(DataFolder folder, IEventLog events, CancellationToken cancel)
    {
        var path = Path.Combine(folder.Root, "log.id");
        var first = await First(events, cancel);
        var identity = first is null ? null : $"{first.Position} {first.Id}";
        var known = File.Exists(path) ? (await File.ReadAllTextAsync(path, cancel)).Trim() : null;
        if (known is null && identity is not null)
            await File.WriteAllTextAsync(path, identity + "\n", cancel);
        else if (known != identity)
            throw new SettingsException(
                "EventStore",
                $"'{folder.Root}' was used with another log. If the log was moved, remove read, audit, log.id and "
                    + "*.position from the folder: they are made anew. Else set Varve:EventStore, or Varve:Data, as "
                    + "it was."
            );
    }

    static async Task<RecordedEvent?> First(IEventLog events, CancellationToken cancel)
    {
        await foreach (var batch in events.Subscribe(Position.Start, EventEntry.StreamPrefixes, cancel))
            if (batch.Events.Count > 0 || batch.Live)
                return batch.Events is [var first, ..] ? first : null;
        return null;
    }
}
