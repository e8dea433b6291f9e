using System.Runtime.CompilerServices;
using Varve.EventStores;
using Varve.EventStores.Lines;

namespace Varve.Api.Cli;

/// <summary>What is asked of the log.</summary>
/// <param name="Stream">One stream; null for all.</param>
/// <param name="Prefix">How the names of the streams begin; empty for all.</param>
/// <param name="Types">Names of events; empty for all.</param>
/// <param name="Actor">Who acted; null for everybody.</param>
/// <param name="After">Exclusive.</param>
/// <param name="Since">Inclusive; the time of the command.</param>
/// <param name="Until">Exclusive; the time of the command.</param>
/// <param name="Follow">Go on with what is yet to come.</param>
sealed record Replay(
    string? Stream,
    string Prefix,
    IReadOnlySet<string> Types,
    string? Actor,
    Position After,
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    Direction Direction,
    bool Follow
)
{
    /// <summary>What is found, in batches; a batch is as much as was there to be read.</summary>
    public async IAsyncEnumerable<IEnumerable<RecordedEvent>> Of(
        IEventLog log,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        if (Direction == Direction.Backwards || Stream is not null && !Follow)
        {
            await foreach (var page in Read(log, cancel).Chunk(Page).WithCancellation(cancel))
                yield return page.Where(IsWanted);
            yield break;
        }
        var head = await log.Head(cancel);
        await foreach (var batch in log.Subscribe(After, [Stream ?? Prefix], cancel))
        {
            yield return batch.Events.Where(recorded => (Follow || recorded.Position <= head) && IsWanted(recorded));
            if (!Follow && batch.Upto >= head)
                yield break;
        }
    }

    const int Page = 1024;

    IAsyncEnumerable<RecordedEvent> Read(IEventLog log, CancellationToken cancel)
    {
        var all = Stream is null
            ? log.ReadAll(Direction, Position.End, long.MaxValue, cancel)
            : log.ReadStream(
                Stream,
                Direction,
                Direction == Direction.Forwards ? 0 : long.MaxValue,
                long.MaxValue,
                cancel
            );
        return Direction == Direction.Forwards ? all : all.TakeWhile(recorded => recorded.Position > After);
    }

    bool IsWanted(RecordedEvent recorded)
    {
        if (
            recorded.Position <= After
            || Stream is not null && recorded.Stream != Stream
            || !recorded.Stream.StartsWith(Prefix, StringComparison.Ordinal)
            || Types.Count > 0 && !Types.Contains(recorded.Type)
        )
            return false;
        if (Actor is null && Since is null && Until is null)
            return true;
        var (at, by) = EventOrigin.Of(recorded);
        return (Actor is null || by == Actor) && (Since is null || at >= Since) && (Until is null || at < Until);
    }
}
